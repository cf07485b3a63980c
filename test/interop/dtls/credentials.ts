import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PeerMissing } from "../coap-artifacts.ts";

export const root = fileURLToPath(new URL("../../../../..", import.meta.url));
export const built = join(root, "build/interop/dtls");

/** The name in the server's certificate, and the one that clients ask for. */
export const serverName = "lwm2m.dormouse.test";
export const identity = "dev1";
export const psk = Uint8Array.from({ length: 16 }, (_, index) => index * 7 + 1);

/** Files of one party: PEM for the peers, DER and raw numbers for us. */
export interface Party {
	readonly certFile: string;
	readonly keyFile: string;
	readonly publicFile: string;
	/** The certificate with its issuer's, DER. */
	readonly chain: readonly Uint8Array[];
	/** SubjectPublicKeyInfo, DER. */
	readonly spki: Uint8Array;
	/** The private scalar, 32 bytes. */
	readonly scalar: Uint8Array;
}

export interface Credentials {
	readonly authorityFile: string;
	/** The trust anchor, DER. */
	readonly authority: Uint8Array;
	readonly server: Party;
	readonly client: Party;
	/** As `server` and `client`, but valid in 2020 only. */
	readonly expiredServer: Party;
	readonly expiredClient: Party;
	/** Signed by another authority of the same name. */
	readonly strangeServer: Party;
	readonly strangeClient: Party;
}

const parties = {
	server: { subject: `/CN=${serverName}`, extensions: "server", dates: "now", by: "ca" },
	client: { subject: "/CN=dormouse-1", extensions: "client", dates: "now", by: "ca" },
	expiredServer: { subject: `/CN=${serverName}`, extensions: "server", dates: "2020", by: "ca" },
	expiredClient: { subject: "/CN=dormouse-1", extensions: "client", dates: "2020", by: "ca" },
	strangeServer: { subject: `/CN=${serverName}`, extensions: "server", dates: "now", by: "other" },
	strangeClient: { subject: "/CN=dormouse-1", extensions: "client", dates: "now", by: "other" },
} as const;

const configuration = `[ca]
default_ca=authority
[authority]
database=index.txt
new_certs_dir=.
default_md=sha256
policy=any
unique_subject=no
rand_serial=yes
[any]
commonName=supplied
[req]
distinguished_name=empty
[empty]
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[server]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:${serverName}
[client]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
`;

function openssl(folder: string, words: string, more = ""): void {
	try {
		execFileSync("openssl", `${words} ${more}`.trim().split(" "), { cwd: folder, stdio: "pipe", timeout: 20_000 });
	} catch (error) {
		throw new PeerMissing(`openssl ${words} does not work. Debian: apt-get install openssl\n${error}`);
	}
}

function make(folder: string): void {
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "openssl.cnf"), configuration);
	writeFileSync(join(folder, "index.txt"), "");
	const newKey = (name: string) => openssl(folder, `ecparam -name prime256v1 -genkey -noout -out ${name}.sec1`);
	for (const by of ["ca", "other"]) {
		newKey(by);
		openssl(
			folder,
			`req -x509 -new -key ${by}.sec1 -sha256 -days 36500 -subj /CN=dormouse-root`,
			`-config openssl.cnf -extensions root -out ${by}.pem`,
		);
	}
	for (const [name, { subject, extensions, dates, by }] of Object.entries(parties)) {
		newKey(name);
		openssl(folder, `pkcs8 -topk8 -nocrypt -in ${name}.sec1 -out ${name}-key.pem`);
		openssl(folder, `pkey -in ${name}-key.pem -pubout -out ${name}-public.pem`);
		openssl(folder, `req -new -key ${name}-key.pem -subj ${subject} -config openssl.cnf -out ${name}.csr`);
		const [from, to] =
			dates === "now" ? ["20200101000000Z", "20491231235959Z"] : ["20200101000000Z", "20201231235959Z"];
		openssl(
			folder,
			`ca -batch -notext -config openssl.cnf -extensions ${extensions} -cert ${by}.pem -keyfile ${by}.sec1`,
			`-in ${name}.csr -startdate ${from} -enddate ${to} -out ${name}.pem`,
		);
	}
	writeFileSync(join(folder, "complete"), "");
}

function party(folder: string, name: string): Party {
	const key = createPrivateKey(readFileSync(join(folder, `${name}-key.pem`), "utf8"));
	const certificate = new X509Certificate(readFileSync(join(folder, `${name}.pem`), "utf8"));
	const { d } = key.export({ format: "jwk" });
	return {
		certFile: join(folder, `${name}.pem`),
		keyFile: join(folder, `${name}-key.pem`),
		publicFile: join(folder, `${name}-public.pem`),
		chain: [Uint8Array.from(certificate.raw)],
		spki: Uint8Array.from(createPublicKey(key).export({ format: "der", type: "spki" })),
		scalar: Uint8Array.from(Buffer.from(d!, "base64url")),
	};
}

/** Keys and certificates for both sides, made once with OpenSSL's command. @throws PeerMissing */
export function credentials(): Credentials {
	const folder = join(built, "credentials");
	if (!existsSync(join(folder, "complete"))) make(folder);
	const authorityFile = join(folder, "ca.pem");
	return {
		authorityFile,
		authority: Uint8Array.from(new X509Certificate(readFileSync(authorityFile, "utf8")).raw),
		server: party(folder, "server"),
		client: party(folder, "client"),
		expiredServer: party(folder, "expiredServer"),
		expiredClient: party(folder, "expiredClient"),
		strangeServer: party(folder, "strangeServer"),
		strangeClient: party(folder, "strangeClient"),
	};
}
