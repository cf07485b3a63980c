/** The port to the network's coming and going. host.ts gives it to importers too. */

/**
 * Whether there is a way to others now. "resting": there is none because Power.sleep() has switched the radio off. On
 * its way back from there it is "down" until it is "up".
 */
export type LinkState = "up" | "down" | "resting";

/** The way to the network, and whether it is there: Wi-Fi, a modem, a line. */
export interface NetworkLink {
	readonly state: LinkState;
	/** Another value says that our own address is another one; left out where nobody knows. */
	readonly address?: string | number | undefined;
	/**
	 * Says who is woken, from the host's loop, when `state` or `address` has changed; but not for a rest that sleep()
	 * begins: that ends a turn, and is not to begin one.
	 */
	onChanged(listener: { wake(): void }): void;
}
