import { startLeshan } from "./leshan-server.ts";
import { leshanSleepCases } from "./leshan-sleep-cases.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › Leshan › sleep over DTLS", startLeshan, { mode: "psk", cases: leshanSleepCases, atOnce: 3 });
