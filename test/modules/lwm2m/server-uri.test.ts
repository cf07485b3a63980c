import { readServerUri } from "../../../modules/lwm2m/server-uri.ts";
import { deepEqual, ok, test } from "../../harness.ts";

test("the address of a server: names, literals, ports and their defaults", () => {
	for (const [text, scheme, host, port] of [
		["coap://server.example", "coap", "server.example", 5683],
		["coap://server.example/", "coap", "server.example", 5683],
		["COAP://192.0.2.1:1", "coap", "192.0.2.1", 1],
		["coaps://a_b-c.d", "coaps", "a_b-c.d", 5684],
		["coap://[2001:db8::1]:65535", "coap", "2001:db8::1", 65535],
		["coap://[::ffff:192.0.2.1]", "coap", "::ffff:192.0.2.1", 5683],
	] as const) {
		deepEqual(readServerUri(text), { scheme, host, port }, text);
	}
});

test("anything else is refused", () => {
	for (const text of [
		"",
		"server.example",
		"http://server.example",
		"coap+tcp://server.example",
		"coap://",
		"coap://:5683",
		"coap://a b",
		"coap://a/path",
		"coap://a?query",
		"coap://user@a",
		"coap://a:",
		"coap://a:0",
		"coap://a:65536",
		"coap://a:123456",
		"coap://a:1x",
		"coap://[2001:db8::1",
		"coap://[server]",
		"coap://[::1]5683",
		"coap://2001:db8::1",
		`coap://${"a".repeat(256)}`,
	]) {
		ok("code" in readServerUri(text), text);
	}
});
