export function writeSdkTests() {
	throw new Error("soon");
}
