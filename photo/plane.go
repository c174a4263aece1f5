package photo

import "image"

// plane is one component of a picture.
type plane struct {
	pix                   []uint8
	width, height, stride int
}

func planeY(m *image.YCbCr) plane {
	b := m.Rect
	return plane{m.Y[m.YOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.YStride}
}

func planeCb(m *image.YCbCr) plane { return chroma(m, m.Cb) }
func planeCr(m *image.YCbCr) plane { return chroma(m, m.Cr) }

func chroma(m *image.YCbCr, pix []uint8) plane {
	b := m.Rect
	first, last := m.COffset(b.Min.X, b.Min.Y), m.COffset(b.Max.X-1, b.Max.Y-1)
	right := m.COffset(b.Max.X-1, b.Min.Y)
	return plane{pix[first:], right - first + 1, (last-right)/m.CStride + 1, m.CStride}
}

// average fills a plane from a larger one: each sample is the mean of the area that
// it covers, parts of samples included, so that nothing aliases.
func (dst plane) average(src plane) {
	if dst.width == src.width && dst.height == src.height {
		for y := range dst.height {
			copy(dst.pix[y*dst.stride:y*dst.stride+dst.width], src.pix[y*src.stride:])
		}
		return
	}
	columns, rows := cover(dst.width, src.width), cover(dst.height, src.height)
	// Weights add up to one for each sample across and down, one being 1<<one.
	sums := make([]uint32, src.width)
	for y, r := range rows {
		clear(sums)
		for i := r.from; i < r.to; i++ {
			w := r.weight(i)
			line := src.pix[i*src.stride:][:len(sums)]
			for x := range sums {
				sums[x] += w * uint32(line[x])
			}
		}
		line := dst.pix[y*dst.stride : y*dst.stride+dst.width]
		for x, c := range columns {
			part := sums[c.from:c.to]
			sum := c.first*(part[0]>>4) + c.last*(part[len(part)-1]>>4)
			if len(part) > 2 {
				inner := uint32(0)
				for _, s := range part[1 : len(part)-1] {
					inner += s >> 4
				}
				sum += c.inner * inner
			}
			line[x] = uint8((sum + 1<<19) >> 20)
		}
	}
}

// one is the whole of a sample, as a power of two.
const one = 12

// span is the samples from…to-1 that a larger one covers, and the parts of it that
// they make up. Where it covers one sample only, last is zero.
type span struct {
	from, to           int
	first, inner, last uint32
}

func (s span) weight(i int) uint32 {
	switch i {
	case s.from:
		return s.first
	case s.to - 1:
		return s.last
	}
	return s.inner
}

// cover returns which of many samples each of few covers.
func cover(few, many int) []span {
	out := make([]span, few)
	for i := range out {
		// In units of 1/few of a sample.
		from, to := i*many, (i+1)*many
		s := span{from: from / few, to: (to + few - 1) / few}
		part := func(n int) uint32 { return uint32(n << one / many) }
		if s.to-s.from == 1 {
			s.first = 1 << one
		} else {
			s.inner = part(few)
			s.last = part(to - (s.to-1)*few)
			// What rounding leaves goes to the first, so that white stays white.
			s.first = 1<<one - s.last - s.inner*uint32(s.to-s.from-2)
		}
		out[i] = s
	}
	return out
}
