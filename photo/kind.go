package photo

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

// kind is a format of pictures. Formats are not registered with package image,
// whose registry is the whole process's.
type kind struct {
	// config and decode are nil for what can only be recognized.
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// cost says what decoding takes, moving whether there are several pictures.
	cost   func(data []byte, c image.Config) (int64, error)
	moving func(data []byte) bool
	// meta is the format's name in imagemeta; zero where there is no EXIF.
	meta imagemeta.ImageFormat
}

var (
	kindJPEG = &kind{config: jpeg.DecodeConfig, decode: jpeg.Decode, cost: costJPEG, meta: imagemeta.JPEG}
	kindPNG  = &kind{config: png.DecodeConfig, decode: png.Decode, cost: costPNG, moving: movingPNG, meta: imagemeta.PNG}
	kindWebP = &kind{config: webp.DecodeConfig, decode: webp.Decode, cost: costWebP, moving: movingWebP, meta: imagemeta.WebP}
	kindGIF  = &kind{config: gif.DecodeConfig, decode: gif.Decode, cost: costGIF, moving: movingGIF}
	kindBMP  = &kind{config: bmp.DecodeConfig, decode: bmp.Decode, cost: costBMP}
	// kindISO is HEIC, HEIF and AVIF.
	kindISO = &kind{}
)

// brands that an ISO base media file names itself by (ISO/IEC 23008-12, and AV1's).
var brands = map[string]*kind{
	"heic": kindISO, "heix": kindISO, "heim": kindISO, "heis": kindISO, "hevc": kindISO, "hevx": kindISO,
	"mif1": kindISO, "msf1": kindISO,
	"avif": kindISO, "avis": kindISO,
}

// kindOf recognizes a format by a file's first bytes, whatever its name; nil if it
// is none of those known here.
func kindOf(data []byte) *kind {
	starts := func(magic string) bool { return bytes.HasPrefix(data, []byte(magic)) }
	switch {
	case starts("\xff\xd8\xff"):
		return kindJPEG
	case starts("\x89PNG\r\n\x1a\n"):
		return kindPNG
	case starts("GIF87a"), starts("GIF89a"):
		return kindGIF
	case starts("BM"):
		return kindBMP
	case len(data) < 12:
		return nil
	case starts("RIFF") && string(data[8:12]) == "WEBP":
		return kindWebP
	case string(data[4:8]) == "ftyp":
		return brands[string(data[8:12])]
	}
	return nil
}
