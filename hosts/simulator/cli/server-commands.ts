import { type Command, InvalidArgumentError, Option } from "commander";
import { readEnabler, readPort } from "./arguments.ts";

type Load = <Options>(file: string) => (options: Options) => Promise<void>;

/** `dormouse server` and `dormouse bootstrap-server`. */
export function addServers(dormouse: Command, load: Load): void {
	const server = dormouse
		.command("server")
		.description("the embedded LwM2M server alone, with a REST API and event stream as leshan-demo-server has them");
	addListening(server, 5683, 8080)
		.addOption(
			new Option(
				"--bootstrap-port <n>",
				"a Bootstrap-Server beside it on this UDP port, over DTLS on the one after; 0 takes free ones",
			).argParser(readPort),
		)
		.addOption(
			new Option(
				"--enablers <versions>",
				"speak these versions of LwM2M only, like 1.0,1.1: others are answered 4.12",
			).argParser(readEnablers),
		)
		.addHelpText(
			"after",
			`
Examples:
  dormouse server --store clients.db                keeps clients, observations and keys from one run to the next
  dormouse server --bootstrap-port 5783             configurations at http://127.0.0.1:8080/api/bootstrap`,
		)
		.action(load("./server.js"));
	const bootstrap = dormouse
		.command("bootstrap-server")
		.description("the embedded Bootstrap-Server alone, with a REST API as leshan-bsserver-demo has it");
	addListening(bootstrap, 5783, 8081).action(load("./bootstrap-server.js"));
}

function addListening(command: Command, port: number, http: number): Command {
	return command
		.addOption(new Option("--port <n>", "UDP port for CoAP; 0 takes a free one").default(port).argParser(readPort))
		.addOption(
			new Option(
				"--coaps-port <n>",
				"UDP port for CoAP over DTLS; without it the one after --port, 0 takes a free one",
			).argParser(readPort),
		)
		.option("--cert <file>", "the server's certificate (P-256; PEM or DER); it makes one for itself without")
		.option("--key <file>", "… and its private key; without --cert the server has a raw public key alone")
		.option("--client-ca <file>", "the authority that boards' certificates must come from, or one board's own")
		.addOption(new Option("--http <n>", "TCP port for REST; 0 takes a free one").default(http).argParser(readPort))
		.option("--host <address>", "listen on this address; without it CoAP listens on all of them, REST on 127.0.0.1")
		.option("--store <file>", "keep what the server knows in this file, from one run to the next");
}

function readEnablers(text: string): string[] {
	const versions = text.split(",").map((version) => readEnabler(version.trim()));
	if (new Set(versions).size < versions.length) throw new InvalidArgumentError("Name each version once.");
	return versions;
}
