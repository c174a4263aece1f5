package sqlite

import (
	"context"
	"errors"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

type customers struct{ s *Store }

var mergedCustomer = merged[visit.Customer]()

func (c customers) Put(ctx context.Context, put ...visit.Customer) error {
	const doing = "storing customers"
	if len(put) == 0 {
		return nil
	}
	type record struct{ id, name, owner, doc string }
	records := make([]record, len(put))
	for i, customer := range put {
		doc, err := encode(customer.Located())
		if err != nil {
			return translate(ctx, doing, err)
		}
		records[i] = record{customer.ID, customer.Name, customer.Owner, doc}
	}
	return c.s.write(ctx, doing, func(t *tx) error {
		for _, r := range records {
			_, err := t.exec(`
				INSERT INTO customers (id, name, owner, doc) VALUES (?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner = excluded.owner, doc = `+mergedCustomer,
				r.id, r.name, r.owner, r.doc)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c customers) SetOwner(ctx context.Context, from, to string, ids ...string) error {
	return removeEach(ctx, c.s, "giving customers to another", "UPDATE customers SET owner = ?2, doc = json_set(doc, '$.owner', ?2) WHERE id = ?3 AND owner = ?1",
		ids, func(id string) []any { return []any{from, to, id} })
}

func (c customers) SetPlace(ctx context.Context, id string, was, is geo.Point) error {
	return c.s.write(ctx, "placing a customer", func(t *tx) error {
		customer, err := scanDoc[visit.Customer](t.row("SELECT doc FROM customers WHERE id = ?", id))
		if err != nil {
			return err
		}
		if customer.Point != was {
			return storage.ErrConflict
		}
		customer.Point = is
		point, errPoint := encode(is)
		place, errPlace := encode(customer.Located().Place)
		if err := errors.Join(errPoint, errPlace); err != nil {
			return err
		}
		_, err = t.exec("UPDATE customers SET doc = json_set(doc, '$.point', json(?), '$.place', json(?)) WHERE id = ?", point, place, id)
		return err
	})
}

func (c customers) Delete(ctx context.Context, ids ...string) error {
	return removeEach(ctx, c.s, "removing customers", "DELETE FROM customers WHERE id = ?", ids, byID[string])
}

func (c customers) Get(ctx context.Context, ids ...string) ([]visit.Customer, error) {
	const doing = "reading customers"
	if len(ids) == 0 {
		return nil, ctx.Err()
	}
	list, err := encode(ids)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, c.s, doing, scanDoc[visit.Customer],
		"SELECT doc FROM customers WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", list)
}

func (c customers) Owned(ctx context.Context, rep string) ([]visit.Customer, error) {
	return many(ctx, c.s, "reading a rep's customers", scanDoc[visit.Customer],
		"SELECT doc FROM customers WHERE owner = ? ORDER BY id", rep)
}

// Search walks the customers by id: no index finds the middle of a word.
func (c customers) Search(ctx context.Context, text string, limit int) ([]visit.Customer, error) {
	return many(ctx, c.s, "searching customers", scanDoc[visit.Customer], `
		SELECT doc FROM customers WHERE instr(name, ?1) > 0 OR instr(id, ?1) > 0 ORDER BY id LIMIT ?2`, text, max(limit, 0))
}

func (c customers) Count(ctx context.Context) (int, error) {
	return one(ctx, c.s, "counting customers", scanOne[int], "SELECT count(*) FROM customers")
}
