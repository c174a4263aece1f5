package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"roundsman/digest/sheet"
	"roundsman/geo"
	"roundsman/visit"
)

func city(n int) memory {
	m := company()
	m.customers = nil
	for i := range n {
		m.customers = append(m.customers, visit.Customer{
			ID: fmt.Sprintf("C%06d", i), Name: fmt.Sprintf("永辉超市 %d 号店", i), Point: geo.Offset(shop, float64(i), float64(i%360)),
			Address: "上海市黄浦区南京东路 1 号", Radius: 200, Owner: "R1", Grade: "B", Cadence: 14, Area: "黄浦", Contact: "王店长", Phone: "13800138000",
		})
	}
	return m
}

func BenchmarkTenThousandCustomers(b *testing.B) {
	m := city(10_000)
	for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		var file bytes.Buffer
		if _, err := sheet.Write(b.Context(), &file, sheet.Customers, format, sheet.Filter{}, m, policy(b), sheet.Options{}); err != nil {
			b.Fatal(err)
		}
		b.Run("write_"+string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sheet.Write(b.Context(), io.Discard, sheet.Customers, format, sheet.Filter{}, m, policy(b), sheet.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read_"+string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := sheet.Read(b.Context(), "c."+string(format), sheet.Customers, bytes.NewReader(file.Bytes()), m)
				if err != nil || got.Rows() != 10_000 {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("apply", func(b *testing.B) {
		store := seeded(b)
		table := &sheet.Import{Kind: sheet.Customers, Customers: m.customers}
		for b.Loop() {
			ok(b, table.Apply(b.Context(), store, now))
		}
	})
}
