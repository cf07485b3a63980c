// Plays the scenario against a running leshan-demo-server and writes test/vectors/leshan-demo-server.json:
//   node build/js/test/hosts/simulator/server/record-leshan.js HTTP_URL COAP_PORT
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UdpNetwork } from "../../../../hosts/simulator/network/udp-network.ts";
import { play } from "./conversation.ts";
import { scenario } from "./leshan-scenario.ts";

const [httpUrl, port] = process.argv.slice(2);
if (httpUrl === undefined || port === undefined) {
	process.stderr.write("Say where Leshan is: record-leshan.js http://127.0.0.1:8080 5683\n");
	process.exit(2);
}
const outcomes = await play(scenario, {
	network: new UdpNetwork(),
	server: { host: "127.0.0.1", port: Number(port) },
	httpUrl,
	settle: () => new Promise((resolve) => setTimeout(resolve, 150)),
});
const file = join(process.cwd(), "test/vectors/leshan-demo-server.json");
const lines = outcomes.map((outcome) => JSON.stringify(outcome)).join(",\n\t\t");
const source = "leshan-demo-server 2.0.0-M18, its servlets over its libraries' CoAP server, NoSec UDP";
writeFileSync(file, `{\n\t"source": ${JSON.stringify(source)},\n\t"outcomes": [\n\t\t${lines}\n\t]\n}\n`);
process.stdout.write(`${outcomes.length} steps recorded\n`);
process.exit(0);
