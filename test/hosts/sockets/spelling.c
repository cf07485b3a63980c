/* Spells the IPv6 addresses that come as 32 hexadecimal digits a line, and reads them back. */
#include "sockets-state.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
	char line[128];
	while (fgets(line, sizeof(line), stdin)) {
		struct sockaddr_storage address, again;
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
		SocketAddress text;
		memset(&address, 0, sizeof(address));
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(5683);
		six->sin6_scope_id = 3;
		for (int index = 0; index < 16; index++) {
			unsigned byte;
			if (sscanf(line + 2 * index, "%2x", &byte) != 1)
				return 1;
			six->sin6_addr.s6_addr[index] = (uint8_t)byte;
		}
		addressToText(&address, &text);
		if (!addressFromText(&text, &again) || (text.port != 5683))
			return 1;
		if (memcmp(&((struct sockaddr_in6 *)&again)->sin6_addr, &six->sin6_addr, 16))
			return 1;
		puts(text.host);
	}
	return 0;
}
