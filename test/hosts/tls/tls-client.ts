/** hosts/tls' core as a client of its own (client.c), and certificates to try it with. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const sources = ["hosts/tls/tls-core.c", "hosts/tls/tls-settings.c", "test/hosts/tls/client.c"];
/** Another mbedTLS than this computer's: the folder of its sources, built there by its own make. */
const { DORMOUSE_MBEDTLS: own } = process.env;
const includes = ["include", "tf-psa-crypto/include", "tf-psa-crypto/drivers/builtin/include"];
const libraries = ["library", "b/library", "b/tf-psa-crypto/core"];
const place =
	own === undefined
		? []
		: [
				...includes.flatMap((folder) => ["-isystem", join(own, folder)]),
				...libraries.flatMap((folder) => ["-L", join(own, folder)]),
			];

/** @returns why the core can not be tried on this computer, or undefined */
export function whatIsMissing(): string | undefined {
	const input = "#include <mbedtls/ssl.h>\n#include <psa/crypto.h>\n";
	try {
		execFileSync("gcc", [...place, "-fsyntax-only", "-x", "c", "-"], { input, stdio: "pipe" });
		execFileSync("openssl", ["version"], { stdio: "pipe" });
		return undefined;
	} catch (error) {
		const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
		return isThere ? "no <mbedtls/ssl.h>: install mbedTLS's headers (Debian: libmbedtls-dev)" : "no gcc, or no openssl";
	}
}

export interface Identity {
	readonly key: string;
	readonly certificate: string;
	/** Files in DER. */
	readonly keyFile: string;
	readonly certificateFile: string;
}

export class TlsClient {
	readonly folder = mkdtempSync(join(tmpdir(), "dormouse-tls-"));
	readonly #program = join(this.folder, "client");

	constructor() {
		const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror"];
		const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
		const files = sources.map((path) => join(root, path));
		const options = [...flags, ...sanitizers, `-I${join(root, "hosts/tls")}`, ...place, ...files];
		const crypto = own !== undefined && includes4(own) ? "-ltfpsacrypto" : "-lmbedcrypto";
		execFileSync("gcc", [...options, "-o", this.#program, "-lmbedtls", "-lmbedx509", crypto]);
	}

	/** Runs it. @returns the lines that it said */
	async run(port: number, settings: Readonly<Record<string, string | number>>): Promise<string[]> {
		const list = Object.entries({ port, ...settings }).map(([name, value]) => `${name}=${value}`);
		const child = spawn(this.#program, list, { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
		let said = "";
		let errors = "";
		child.stdout.on("data", (bytes) => {
			said += bytes;
		});
		child.stderr.on("data", (bytes) => {
			errors += bytes;
		});
		const status = await new Promise((resolve) => child.on("close", resolve));
		if (status !== 0) throw new Error(`the client ended with ${status}: ${said}${errors}`);
		return said.trim().split("\n");
	}

	/** A key of P-256 and a certificate that it has signed for itself. */
	identity(name: string): Identity {
		const [keyPem, pem, keyFile, certificateFile] = ["key.pem", "pem", "key.der", "der"].map((end) =>
			join(this.folder, `${name}.${end}`),
		);
		const openssl = (...options: readonly string[]) => execFileSync("openssl", options, { stdio: "pipe" });
		openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", keyPem!);
		openssl("req", "-x509", "-new", "-key", keyPem!, "-out", pem!, "-days", "30", "-subj", `/CN=${name}`);
		openssl("x509", "-in", pem!, "-outform", "DER", "-out", certificateFile!);
		openssl("ec", "-in", keyPem!, "-outform", "DER", "-out", keyFile!);
		return {
			key: readFileSync(keyPem!, "utf8"),
			certificate: readFileSync(pem!, "utf8"),
			keyFile: keyFile!,
			certificateFile: certificateFile!,
		};
	}

	close(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

function includes4(folder: string): boolean {
	try {
		readFileSync(join(folder, "tf-psa-crypto/include/psa/crypto.h"));
		return true;
	} catch {
		return false;
	}
}
