// Copyright: (c) 2026, stapling.httpd contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// crypto/tls takes the staple, golang.org/x/crypto/ocsp reads it and checks its signature.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

const (
	longest = 60 * time.Second
	grace   = 300 * time.Second // for clocks that are behind, as OpenSSL gives it
)

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if err := judge(roots, words[0], words[1], words[2]); err != nil {
			fmt.Printf("refuses: %s\n", strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Println("content")
		}
	}
}

func judge(roots *x509.CertPool, address, port, name string) error {
	dialer := &net.Dialer{Timeout: longest}
	settings := &tls.Config{RootCAs: roots, ServerName: name}
	connection, err := tls.DialWithDialer(dialer, "tcp", net.JoinHostPort(address, port), settings)
	if err != nil {
		return err
	}
	defer connection.Close()
	state := connection.ConnectionState()
	if len(state.OCSPResponse) == 0 {
		return errors.New("nothing is stapled")
	}
	chain := state.VerifiedChains[0]
	response, err := ocsp.ParseResponseForCert(state.OCSPResponse, chain[0], chain[1])
	if err != nil {
		return err
	}
	now := time.Now()
	switch {
	case response.Status != ocsp.Good:
		return fmt.Errorf("status %d", response.Status)
	case response.ThisUpdate.After(now.Add(grace)):
		return fmt.Errorf("thisUpdate is %s", response.ThisUpdate)
	case !response.NextUpdate.IsZero() && response.NextUpdate.Before(now):
		return fmt.Errorf("nextUpdate is %s", response.NextUpdate)
	}
	return nil
}
