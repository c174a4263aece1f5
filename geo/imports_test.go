package geo_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestOnlyGeoImportsGolangGeo: its points have no datum and its distances may
// be NaN, so nobody else may hold one.
func TestOnlyGeoImportsGolangGeo(t *testing.T) {
	t.Parallel()
	const library = "github.com/kellydunn/golang-geo"
	seen, own := 0, 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name != ".." && strings.HasPrefix(name, ".") || name == "testdata" || name == "vendor" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen++
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if name != library && !strings.HasPrefix(name, library+"/") {
				continue
			}
			if filepath.Dir(path) != filepath.Join("..", "geo") {
				t.Errorf("%s imports %s", path, name)
			}
			own++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if own == 0 || seen < 10 {
		t.Errorf("looked at %d files and saw %d imports: the test looks in the wrong place", seen, own)
	}
}
