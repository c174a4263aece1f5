package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"roundsman/storage"
	"roundsman/storage/sqlite"
)

// sqliteScheme is that of a store in a SQLite file.
const sqliteScheme = "sqlite:"

type backupCmd struct {
	File string `arg:"" help:"The file to make. It must not exist. It will hold people's whereabouts, as the database does." type:"path"`
}

// Help is what --help adds.
func (backupCmd) Help() string {
	return "The bot may go on serving meanwhile. The backup holds people's whereabouts: keep it as safe as the database, " +
		"and no longer than people were told. Events in the spool are not in it."
}

// Run writes the SQLite store into a new file.
func (c backupCmd) Run(env *runtimeEnv) (err error) {
	cfg, err := env.config()
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(cfg.Storage.Reveal(), sqliteScheme)
	if !ok {
		return fmt.Errorf("%w: this store is MongoDB's; back it up with its own tool, which asks for the password:\n  %s",
			errUsage, mongodump(cfg.Storage.Reveal(), c.File))
	}
	store, err := sqlite.Open(env.ctx, path, sqlite.Options{Existing: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Backup(env.ctx, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	_, _ = fmt.Fprintf(env.out, "backed up to %s (%.1f MB); it holds people's whereabouts: keep it safe\n", c.File, float64(info.Size())/(1<<20))
	_, _ = fmt.Fprintf(env.out, "Nothing is removed from it: delete it within %d days, which is how long people were told that coordinates are kept.\n",
		int(cfg.Privacy.KeepCoordinates.Hours()/24))
	return nil
}

type restoreCmd struct {
	File string `arg:"" help:"A backup made by roundsman backup." type:"existingfile"`
}

// Help is what --help adds.
func (restoreCmd) Help() string {
	return "Stop the bot first, and restore as the user it runs as. The database that was there is kept beside the new one, " +
		"under a name that is told. What happened after the backup is lost; posts that waited when it was made are sent again."
}

// Run puts a backup in the place of the SQLite store.
func (c restoreCmd) Run(env *runtimeEnv) error {
	cfg, err := env.config()
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(cfg.Storage.Reveal(), sqliteScheme)
	if !ok {
		return fmt.Errorf("%w: this store is MongoDB's; stop every bot and restore it with its own tool, which asks for the password "+
			"and replaces every database that is in the backup:\n  %s", errUsage, mongorestore(cfg.Storage.Reveal(), c.File))
	}
	kept, err := sqlite.Restore(env.ctx, c.File, path, time.Now())
	if errors.Is(err, storage.ErrLocked) {
		return fmt.Errorf("%w; stop the bot and whatever else works on it first", err)
	}
	if err != nil {
		return err
	}
	again, err := eraseAgain(env, cfg)
	if err != nil {
		return fmt.Errorf("%s is restored, but who was erased since is not erased again: %w; the bot does it before it serves", c.File, err)
	}
	if again > 0 {
		_, _ = fmt.Fprintf(env.out, "%d who were erased since are erased again\n", again)
	}
	if kept == "" {
		kept = "nothing"
	}
	_, _ = fmt.Fprintf(env.out, "%s is now the database %s; kept of what was there: %s\n", c.File, path, kept)
	return nil
}

// mongodump is the command that backs up the server. With --oplog the backup is
// of one instant, which the tool only does for the whole server of a replica set.
func mongodump(uri, file string) string {
	return "mongodump " + mongoServer(uri) + " --oplog --gzip --archive=" + quoted(file)
}

// mongorestore is the command that brings such a backup back.
func mongorestore(uri, file string) string {
	return "mongorestore " + mongoServer(uri) + " --oplogReplay --drop --gzip --archive=" + quoted(file)
}

// mongoServer names the server of a URI to MongoDB's tools, without the password
// and without the database. Of the options only those are kept that lead to the
// server and hold no secret.
func mongoServer(uri string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	// A password may hold an @ that should have been escaped, a host may not.
	var user string
	hosts, database, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, _, _ = strings.Cut(rest[:at], ":")
		hosts, database, _ = strings.Cut(rest[at+1:], "/")
	}
	if strings.Contains(query, "@") {
		// Nobody can tell a password's question mark from the one before the options.
		user, hosts = "", "HOST"
	}
	options, _ := url.ParseQuery(query)
	keep := url.Values{}
	for _, name := range []string{"replicaSet", "tls", "ssl", "directConnection"} {
		if v := options.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	out := scheme + "://" + hosts + "/"
	if len(keep) > 0 {
		out += "?" + keep.Encode()
	}
	out = "--uri=" + quoted(out)
	if user == "" {
		return out
	}
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	source := options.Get("authSource")
	if source == "" {
		source = database
	}
	if source == "" {
		source = "admin"
	}
	return out + " --username=" + quoted(user) + " --authenticationDatabase=" + quoted(source)
}

// quoted is a word as a POSIX shell reads it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
