// Packs a directory, and prints one member of an archive, with Go's own readers and writers.
package main

import (
	"archive/tar"
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// each calls use for every regular file below root, with its path relative to it.
func each(root string, use func(name string, data []byte)) {
	check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		check(err)
		if entry.Type().IsRegular() {
			data, err := os.ReadFile(path)
			check(err)
			name, err := filepath.Rel(root, path)
			check(err)
			use(name, data)
		}
		return nil
	}))
}

func packTar(root string, format tar.Format) {
	packed := tar.NewWriter(os.Stdout)
	each(root, func(name string, data []byte) {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(data)), Format: format}
		check(packed.WriteHeader(header))
		_, err := packed.Write(data)
		check(err)
	})
	check(packed.Close())
}

func packZip(root string) {
	packed := zip.NewWriter(os.Stdout)
	each(root, func(name string, data []byte) {
		member, err := packed.Create(name)
		check(err)
		_, err = member.Write(data)
		check(err)
	})
	check(packed.Close())
}

// lands says whether an unpacker that joins names to its root writes name at member.
func lands(name, member string) bool {
	return strings.TrimPrefix(filepath.Clean("/"+name), "/") == member
}

// The last entry that lands at the member is what an unpacker leaves there.
func tarMember(path, member string) []byte {
	var found []byte
	file, err := os.Open(path)
	check(err)
	for packed := tar.NewReader(file); ; {
		header, err := packed.Next()
		if err == io.EOF {
			return found
		}
		check(err)
		if header.Typeflag == tar.TypeReg && lands(header.Name, member) {
			found, err = io.ReadAll(packed)
			check(err)
		}
	}
}

func zipMember(path, member string) []byte {
	var found []byte
	packed, err := zip.OpenReader(path)
	check(err)
	for _, file := range packed.File {
		if lands(file.Name, member) {
			reader, err := file.Open()
			check(err)
			found, err = io.ReadAll(reader)
			check(err)
		}
	}
	return found
}

func main() {
	formats := map[string]tar.Format{
		"auto": tar.FormatUnknown, "ustar": tar.FormatUSTAR, "pax": tar.FormatPAX, "gnu": tar.FormatGNU,
	}
	switch os.Args[1] {
	case "pack-zip":
		packZip(os.Args[2])
	case "tar":
		os.Stdout.Write(tarMember(os.Args[2], os.Args[3]))
	case "zip":
		os.Stdout.Write(zipMember(os.Args[2], os.Args[3]))
	default:
		packTar(os.Args[2], formats[os.Args[1]])
	}
}
