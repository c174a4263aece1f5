package photo_test

import (
	"encoding/binary"
	"math"
)

// entry is one of a directory of EXIF.
type entry struct {
	id, kind uint16
	count    uint32
	value    []byte
}

var order = binary.LittleEndian

func ascii(id uint16, s string) entry {
	return entry{id, 2, uint32(len(s) + 1), append([]byte(s), 0)}
}

func short(id, v uint16) entry { return entry{id, 3, 1, order.AppendUint16(nil, v)} }

func rationals(id uint16, pairs ...uint32) entry {
	var b []byte
	for _, v := range pairs {
		b = order.AppendUint32(b, v)
	}
	return entry{id, 5, uint32(len(pairs) / 2), b}
}

// degrees are degrees, minutes and hundredths of seconds.
func degrees(id uint16, d float64) entry {
	whole, part := math.Modf(d)
	minutes, part := math.Modf(part * 60)
	return rationals(id, uint32(whole), 1, uint32(minutes), 1, uint32(math.Round(part*60*1e4)), 1e4)
}

// exif is what a camera writes.
type exif struct{ main, photo, gps []entry }

// block writes it as a TIFF file.
func (e exif) block() []byte {
	b := []byte{'I', 'I', 42, 0, 8, 0, 0, 0}
	main := append([]entry(nil), e.main...)
	size := func(es []entry) int {
		n := 2 + 12*len(es) + 4
		for _, x := range es {
			if len(x.value) > 4 {
				n += len(x.value)
			}
		}
		return n
	}
	pointers := 0
	for _, es := range [][]entry{e.photo, e.gps} {
		if es != nil {
			pointers++
		}
	}
	next := 8 + size(main) + 12*pointers
	if e.photo != nil {
		main = append(main, entry{0x8769, 4, 1, order.AppendUint32(nil, uint32(next))})
		next += size(e.photo)
	}
	if e.gps != nil {
		main = append(main, entry{0x8825, 4, 1, order.AppendUint32(nil, uint32(next))})
	}
	for _, es := range [][]entry{main, e.photo, e.gps} {
		if es == nil {
			continue
		}
		data := len(b) + 2 + 12*len(es) + 4
		b = order.AppendUint16(b, uint16(len(es)))
		var tail []byte
		for _, x := range es {
			b = order.AppendUint16(order.AppendUint16(b, x.id), x.kind)
			b = order.AppendUint32(b, x.count)
			if len(x.value) > 4 {
				b = order.AppendUint32(b, uint32(data+len(tail)))
				tail = append(tail, x.value...)
			} else {
				b = append(b, append(x.value, 0, 0, 0, 0)[:4]...)
			}
		}
		b = append(order.AppendUint32(b, 0), tail...)
	}
	return b
}

// into puts it into a JPEG.
func (e exif) into(file []byte) []byte {
	block := concat([]byte("Exif\x00\x00"), e.block())
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(block)+2))
	return concat(file[:2], head, block, file[2:])
}

// shanghai is what a phone writes at 31.2304, 121.4737.
func shanghai() exif {
	return exif{
		main:  []entry{ascii(0x010f, "HUAWEI"), ascii(0x0110, "ALN-AL00"), short(0x0112, 1)},
		photo: []entry{ascii(0x9003, "2026:11:23 17:05:12"), ascii(0x9011, "+08:00")},
		gps:   []entry{ascii(1, "N"), degrees(2, 31.2304), ascii(3, "E"), degrees(4, 121.4737)},
	}
}
