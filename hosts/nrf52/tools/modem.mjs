// Lends this computer's network to a board on a serial port: node hosts/nrf52/tools/modem.mjs /dev/ttyACM0 [BAUD]
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { build } from "../../../scripts/build.mjs";

const [port, baud = "115200"] = process.argv.slice(2);
if (port === undefined) {
	process.stderr.write(
		"node hosts/nrf52/tools/modem.mjs PORT [BAUD]: UDP and names for the board on that serial port\n",
	);
	process.exit(2);
}
await build();
const { Gateway } = await import("../../../build/js/hosts/nrf52/tools/gateway.js");
const stty = spawnSync("stty", ["-F", port, baud, "raw", "-echo"], { stdio: ["ignore", "inherit", "inherit"] });
if (stty.status !== 0) process.exit(1);
const out = createWriteStream(port, { flags: "r+" });
const gateway = new Gateway((bytes) => out.write(bytes));
const input = createReadStream(port);
input.on("data", (bytes) => gateway.received(bytes));
input.on("error", ({ message }) => {
	process.stderr.write(`${message}\n`);
	process.exit(1);
});
input.on("end", () => process.exit(0));
