/* network-way.h over the network of this computer: a line for each address that is given. */
#include "network-way.h"

#include <stdio.h>
#ifdef _WIN32
#include "sockets-platform.h"
#endif

int main(int count, char **words)
{
	static const char *const names[] = { "none", "there", "unknown" };
#ifdef _WIN32
	if (netBegin() < 0)
		return 2;
#endif
	for (int index = 1; index < count; index++) {
		char own[64] = "";
		NetworkWay way = networkWay(words[index], own, sizeof(own));
		printf("%s %s %s\n", words[index], names[way], own);
	}
	return 0;
}
