import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/** Two ends of a serial line of this computer, joined by a pseudo-terminal in raw mode. */
export interface Pty {
	/** The path of the tty: what a program opens as its serial port. */
	readonly path: string;
	/** The other end: its stdin goes to the tty, and its stdout is what was written there. */
	readonly master: ChildProcess;
}

/** Makes a pseudo-terminal and copies between its master and a pipe, until its stdin ends. */
const program = `
import os, pty, select, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
sys.stdout.buffer.write((os.ttyname(slave) + "\\n").encode()); sys.stdout.buffer.flush()
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready:
        os.write(1, os.read(master, 4096))
    if 0 in ready:
        data = os.read(0, 4096)
        if not data: break
        os.write(master, data)
`;

/** @returns why there can be none on this computer, or undefined */
export function whatIsMissing(): string | undefined {
	if (process.platform !== "linux") return "pseudo-terminals are tried on Linux only";
	return spawnSync("python3", ["-c", "import pty"]).status === 0 ? undefined : "no python3, which makes the pty";
}

export async function openPty(received: (bytes: Uint8Array) => void): Promise<Pty> {
	const master = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
	let heading: string | undefined = "";
	const path = await new Promise<string>((resolve, reject) => {
		master.on("error", reject);
		master.stdout.on("data", (bytes: Buffer) => {
			if (heading === undefined) {
				received(new Uint8Array(bytes));
				return;
			}
			heading += bytes.toString("latin1");
			const end = heading.indexOf("\n");
			if (end < 0) return;
			const rest = heading.slice(end + 1);
			resolve(heading.slice(0, end));
			heading = undefined;
			if (rest !== "") received(new Uint8Array(Buffer.from(rest, "latin1")));
		});
	});
	return { path, master };
}
