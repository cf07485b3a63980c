import { startEmbedded } from "./embedded-server.ts";
import { keyCases, pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › embedded over DTLS, pre-shared key", startEmbedded, { mode: "psk", cases: pskCases });
interopSuite("xs › embedded over DTLS, raw public keys", startEmbedded, { mode: "rpk", cases: keyCases });
interopSuite("xs › embedded over DTLS, certificates", startEmbedded, { mode: "x509", cases: keyCases });
