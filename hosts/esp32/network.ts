/** What brings a board to the Internet: Wi-Fi here, or what a product puts in its place (Ethernet, a modem). */
export interface Network {
	/** Whether there is an address that reaches others. */
	readonly isOnline: boolean;
	/** Another number says that our address is another one; left out where nobody knows. */
	readonly address?: number | undefined;
	/**
	 * Switches it on, and keeps it on.
	 * @param onChanged is called from the host's loop whenever isOnline or address has changed
	 * @throws HostFailure when it can not
	 */
	start(onChanged: (isOnline: boolean) => void): void;
	/** Switches it off, for a sleep or for good; start() switches it on again. */
	stop(): void;
}
