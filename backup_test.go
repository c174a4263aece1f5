package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/config"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "language: zh")
	dir := filepath.Dir(path)
	db, copied := filepath.Join(dir, "r.db"), filepath.Join(dir, "copy.db")
	at := func(args ...string) (int, string, string) {
		t.Helper()
		return shell(t, append([]string{"--config", path}, args...)...)
	}
	if code, _, stderr := at("backup", copied); code != 1 || !strings.Contains(stderr, "not found") {
		t.Fatalf("without a store: exit %d, %s", code, stderr)
	}
	if _, err := os.Stat(db); err == nil {
		t.Fatal("a backup made the store that it was of")
	}

	serving, err := sqlite.Open(t.Context(), db, sqlite.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		t.Helper()
		if err := serving.Roster().PutReps(t.Context(), visit.Rep{ID: "z", Name: name, Team: testTeam, Role: visit.RoleRep}); err != nil {
			t.Fatal(err)
		}
	}
	put("张伟")
	code, stdout, stderr := at("backup", copied)
	if code != 0 || !strings.HasPrefix(stdout, "backed up to "+copied+" (") || strings.Count(stdout, "\n") != 2 || !strings.Contains(stdout, "within 90 days") {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	put("李娜")
	if code, _, stderr := at("backup", copied); code != 1 || !strings.Contains(stderr, "exists") {
		t.Errorf("over a file: exit %d, %s", code, stderr)
	}
	if code, _, stderr := at("restore", copied); code != 1 || !strings.Contains(stderr, "in use") || !strings.Contains(stderr, "stop the bot") {
		t.Errorf("while it is served: exit %d, %s", code, stderr)
	}
	if err := serving.Close(); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := at("restore", path); code != 1 || !strings.Contains(stderr, "damaged") {
		t.Errorf("of something else: exit %d, %s", code, stderr)
	}
	code, stdout, stderr = at("restore", copied)
	if code != 0 || !strings.Contains(stdout, "r.db.before-restore-") || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	reps, err := open(t, db).Roster().Reps(t.Context())
	if err != nil || len(reps) != 1 || reps[0].Name != "张伟" {
		t.Errorf("restored: %v, %v", reps, err)
	}
}

// For MongoDB the commands are told, never with a secret.
func TestBackupOfMongoDB(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "it's.gz")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file := "'" + strings.ReplaceAll(there, "'", `'\''`) + "'"
	for storage, server := range map[string]string{
		"mongodb://db/roundsman":                            `--uri='mongodb://db/'`,
		"mongodb://a:27017,b:27017/roundsman?replicaSet=rs": `--uri='mongodb://a:27017,b:27017/?replicaSet=rs'`,
		"mongodb+srv://r%40m:s3cret@db.example.com/?tls=true&tlsCertificateKeyFilePassword=s3cret": `--uri='mongodb+srv://db.example.com/?tls=true' ` +
			`--username='r@m' --authenticationDatabase='admin'`,
		"mongodb://r:s3cret@x/s3cret@db:27017/roundsman": `--uri='mongodb://db:27017/' --username='r' --authenticationDatabase='roundsman'`,
		"mongodb://r:s3cret?s3cret@db/roundsman":         `--uri='mongodb://HOST/'`,
		"mongodb://r:s3cret@db/roundsman?authSource=a":   `--uri='mongodb://db/' --username='r' --authenticationDatabase='a'`,
	} {
		path := filepath.Join(t.TempDir(), "roundsman.yaml")
		if err := os.WriteFile(path, []byte("storage: "+storage), 0o600); err != nil {
			t.Fatal(err)
		}
		for command, want := range map[string]string{
			"backup":  "mongodump " + server + " --oplog --gzip --archive=" + file + "\n",
			"restore": "mongorestore " + server + " --oplogReplay --drop --gzip --archive=" + file + "\n",
		} {
			code, stdout, stderr := shell(t, "--config", path, command, there)
			if code != 2 || stdout != "" || !strings.HasSuffix(stderr, "  "+want) || strings.Contains(stderr, "s3cret") {
				t.Errorf("%s of %s: exit %d, %s%s\nwant %s", command, config.Secret(storage), code, stdout, stderr, want)
			}
		}
	}
}

func TestBackupSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, command := range []string{"backup", "restore"} {
		code, stdout, _ := shell(t, command, "--help")
		said[command] = code == 0 && strings.Contains(stdout, map[string]string{"backup": "whereabouts", "restore": "Stop the bot"}[command])
	}
	if diff := cmp.Diff(map[string]bool{"backup": true, "restore": true}, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
