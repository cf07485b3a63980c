import { writeFileSync } from "node:fs";
import { generateKey } from "../image/keys.ts";
import { readSigningKey, type SignatureAlgorithm } from "../image/signature.ts";
import { WrongUsage } from "./arguments.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";

export interface ImageKeyOptions {
	readonly file: string;
	readonly algorithm: SignatureAlgorithm;
}

/** `dormouse image keygen`: a key pair for images. @throws WrongUsage when a file is there, or can not be written */
export async function run({ file, algorithm }: ImageKeyOptions, output: Output): Promise<ExitStatus> {
	const { privatePem, publicPem } = generateKey(algorithm);
	try {
		writeFileSync(file, privatePem, { mode: 0o600, flag: "wx" });
		writeFileSync(`${file}.pub`, publicPem, { flag: "wx" });
	} catch (error) {
		throw new WrongUsage(`${file}: ${(error as Error).message}`, { cause: error });
	}
	output.out(`${file}: a private key; whoever has it can sign images`);
	output.out(`${file}.pub: its public key, ${readSigningKey(publicPem).id}, for boot loaders`);
	return 0;
}
