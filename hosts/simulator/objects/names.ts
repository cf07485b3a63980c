/** Words of a name: letters and digits, without the enabler's own name in front and footnotes behind: "Gateway (2)". */
function words(name: string): string[] {
	const plain = name.normalize("NFKD").replace(/[\u0300-\u036f']/g, "");
	const bare = plain
		.replace(/^\s*lwm2m\b\s*(?=\S)/i, "")
		.replace(/\s*\(\d\)\s*$/, "")
		.replace(/\(s\)/g, "s");
	return bare.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
}

const digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] as const;

/** No identifier begins with a digit: "5QI" becomes "fiveQI". */
const spelt = (name: string) => name.replace(/^\d/, (digit) => digits[Number(digit)]!);

/** "SignalSNR" has two words: its humps become "Signal", "Snr"; "IPv4" stays one. */
const humps = (word: string) => word.replace(/[A-Z]+(?![a-z])/g, (run) => run[0]! + run.slice(1).toLowerCase());

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);

/** The key of a Resource: "Min Measured Value" → minMeasuredValue, "TLS-DTLS Alert Code" → tlsDtlsAlertCode. */
export function camelCase(name: string): string {
	const [first = "", ...others] = words(spelt(name.trim()));
	const small = humps(first).replace(/^[A-Z]+(?=v\d)|^[A-Z]/, (run) => run.toLowerCase());
	return small + others.map((word) => capital(humps(word))).join("");
}

/** The constant of an Object: "Connectivity Monitoring" → CONNECTIVITY_MONITORING. */
export function constantCase(name: string): string {
	return kebabCase(spelt(name.trim())).toUpperCase().replaceAll("-", "_");
}

/** The file of an Object: "BinaryAppDataContainer" → binary-app-data-container, but "CoAP Config" → coap-config. */
export function kebabCase(name: string): string {
	return words(name)
		.map((word) => word.replace(/([a-z]{2})(?=[A-Z][a-z]{2})/g, "$1-").toLowerCase())
		.join("-");
}
