// One DTLS endpoint of pion for tests: the words and the lines of ../peer.c. Everything stays on 127.0.0.1.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/elliptic"
)

var wanted = map[string]string{}

var suites = map[string]dtls.CipherSuiteID{
	"PSK_CCM8":   dtls.TLS_PSK_WITH_AES_128_CCM_8,
	"PSK_GCM":    dtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
	"PSK_CBC":    dtls.TLS_PSK_WITH_AES_128_CBC_SHA256,
	"ECDHE_CCM8": dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
	"ECDHE_GCM":  dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
}

var printing sync.Mutex

func tell(line map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// store keeps the sessions that may be resumed. A client forgets them when it is told to begin afresh.
type store struct {
	lock     sync.Mutex
	sessions map[string]dtls.Session
	used     bool
}

func (s *store) Set(key []byte, session dtls.Session) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.sessions[string(key)] = session
	return nil
}

func (s *store) Get(key []byte) (dtls.Session, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	found := s.sessions[string(key)]
	s.used = len(found.ID) > 0
	return found, nil
}

func (s *store) Del(key []byte) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.sessions, string(key))
	return nil
}

var kept = &store{sessions: map[string]dtls.Session{}}

func shared() []dtls.Option {
	options := []dtls.Option{
		dtls.WithCipherSuites(suites[wanted["suite"]]),
		dtls.WithEllipticCurves(elliptic.P256),
		dtls.WithSessionStore(kept),
	}
	if mtu, err := strconv.Atoi(wanted["mtu"]); err == nil && mtu > 0 {
		options = append(options, dtls.WithMTU(mtu))
	}
	if wanted["auth"] == "psk" {
		key := must(hex.DecodeString(wanted["psk"]))
		options = append(options, dtls.WithPSKIdentityHint([]byte(wanted["identity"])),
			dtls.WithPSK(func(name []byte) ([]byte, error) {
				if wanted["role"] == "server" && string(name) != wanted["identity"] {
					return nil, fmt.Errorf("no key of %q", name)
				}
				return key, nil
			}))
	} else if wanted["cert"] != "" {
		options = append(options, dtls.WithCertificates(must(tls.LoadX509KeyPair(wanted["cert"], wanted["key"]))))
	}
	switch cid := wanted["cid"]; cid {
	case "":
	case "empty":
		options = append(options, dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()))
	default:
		bytes := must(hex.DecodeString(cid))
		count := byte(0)
		options = append(options, dtls.WithConnectionIDGenerator(func() []byte {
			mine := append([]byte{}, bytes...)
			mine[len(mine)-1] += count // each session has one of its own
			count++
			return mine
		}))
	}
	return options
}

func trusted() *x509.CertPool {
	pool := x509.NewCertPool()
	if wanted["ca"] != "" {
		pool.AppendCertsFromPEM(must(os.ReadFile(wanted["ca"])))
	}
	return pool
}

func established(connection *dtls.Conn, isClient bool) {
	state, _ := connection.ConnectionState()
	peer := string(state.IdentityHint)
	if len(state.PeerCertificates) > 0 {
		if leaf, err := x509.ParseCertificate(state.PeerCertificates[0]); err == nil {
			peer = leaf.Subject.CommonName
		}
	}
	tell(map[string]any{"event": "established", "resumed": kept.used, "ems": nil, "suite": wanted["suite"], "peer": peer})
	kept.used = false
}

// converse tells what is received, and echoes it where we are the server.
func converse(connection *dtls.Conn, echoes bool) {
	buffer := make([]byte, 65536)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			tell(map[string]any{"event": "closed", "why": err.Error()})
			return
		}
		tell(map[string]any{"event": "received", "hex": hex.EncodeToString(buffer[:size])})
		if echoes {
			_, _ = connection.Write(buffer[:size])
		}
	}
}

func shake(connection *dtls.Conn, isClient bool) bool {
	patience, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := connection.HandshakeContext(patience); err != nil {
		tell(map[string]any{"event": "failed", "why": err.Error()})
		_ = connection.Close()
		return false
	}
	established(connection, isClient)
	return true
}

func serve(port int) {
	var options []dtls.ServerOption
	for _, option := range shared() {
		options = append(options, option)
	}
	if wanted["verify"] == "1" {
		options = append(options, dtls.WithClientAuth(dtls.RequireAndVerifyClientCert), dtls.WithClientCAs(trusted()))
	}
	address := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	listener := must(dtls.ListenWithOptions("udp4", address, options...))
	tell(map[string]any{"port": port})
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				connection := accepted.(*dtls.Conn)
				if shake(connection, false) {
					converse(connection, true)
					_ = connection.Close()
				}
			}()
		}
	}()
}

func dial(port int) *dtls.Conn {
	var options []dtls.ClientOption
	for _, option := range shared() {
		options = append(options, option)
	}
	if wanted["auth"] != "psk" {
		options = append(options, dtls.WithRootCAs(trusted()))
	}
	if wanted["name"] != "" {
		options = append(options, dtls.WithServerName(wanted["name"]))
	}
	if wanted["verify"] != "1" {
		options = append(options, dtls.WithInsecureSkipVerify(true))
	}
	// The same local port each time: pion finds a session to resume by both addresses.
	address := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: localPort}
	socket := must(net.ListenUDP("udp4", address))
	localPort = socket.LocalAddr().(*net.UDPAddr).Port
	remote := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	connection := must(dtls.ClientWithOptions(socket, remote, options...))
	if !shake(connection, true) {
		_ = socket.Close()
		return nil
	}
	go converse(connection, false)
	return connection
}

var localPort int

func obey(order string, connection *dtls.Conn, port int) *dtls.Conn {
	words := strings.Fields(order)
	if len(words) == 0 {
		return connection
	}
	switch words[0] {
	case "send":
		if connection != nil {
			_, _ = connection.Write(must(hex.DecodeString(words[1])))
		}
	case "close", "again", "fresh":
		if connection != nil {
			_ = connection.Close()
			connection = nil
		}
		if words[0] == "fresh" {
			kept.sessions = map[string]dtls.Session{}
		}
		if words[0] != "close" {
			return dial(port)
		}
	}
	return connection
}

func main() {
	for _, word := range os.Args[1:] {
		key, value, _ := strings.Cut(word, "=")
		wanted[key] = value
	}
	port := must(strconv.Atoi(wanted["port"]))
	var connection *dtls.Conn
	if wanted["role"] == "server" {
		serve(port)
	} else {
		tell(map[string]any{"port": port})
		connection = dial(port)
	}
	orders := bufio.NewScanner(os.Stdin)
	orders.Buffer(make([]byte, 1<<17), 1<<17)
	for orders.Scan() {
		connection = obey(orders.Text(), connection, port)
	}
}
