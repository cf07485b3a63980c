import { startLeshan } from "./leshan-server.ts";
import { keyCases, pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › Leshan over DTLS, pre-shared key", startLeshan, { mode: "psk", cases: pskCases });
interopSuite("xs › Leshan over DTLS, raw public keys", startLeshan, { mode: "rpk", cases: keyCases });
interopSuite("xs › Leshan over DTLS, certificates", startLeshan, { mode: "x509", cases: keyCases });
