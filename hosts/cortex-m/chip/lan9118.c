/* SMSC LAN9118 (data sheet rev. 1.3), as QEMU's MPS2 boards have it: frames through its FIFOs, no DMA. */
#include "ethernet.h"

#include <string.h>

#define REGISTER(OFFSET) (*(volatile uint32_t *)(0x40200000 + (OFFSET)))

enum {
	receiveData = 0x00,
	sendData = 0x20,
	receiveStatus = 0x40,
	sendStatus = 0x48,
	identity = 0x50,
	interruptSettings = 0x54,
	interruptState = 0x58,
	interruptEnable = 0x5C,
	interruptLevels = 0x68,
	sendSettings = 0x70,
	hardwareSettings = 0x74,
	receiveControl = 0x78,
	receiveLevel = 0x7C,
	sendLevel = 0x80,
	macCommand = 0xA4,
	macData = 0xA8
};

enum { macControl = 1, macAddressHigh = 2, macAddressLow = 3 };

static void writeMac(uint32_t which, uint32_t value)
{
	REGISTER(macData) = value;
	REGISTER(macCommand) = 0x80000000u | which;
	while (REGISTER(macCommand) & 0x80000000u) {
	}
}

int ethernet_open(const uint8_t *address)
{
	if ((REGISTER(identity) >> 16) != 0x0118)
		return 0;
	REGISTER(hardwareSettings) = 0x00050000; /* store and forward, 5 KB of FIFO for sending */
	REGISTER(sendSettings) = 2; /* on */
	writeMac(macAddressLow, address[0] | (address[1] << 8) | (address[2] << 16) | ((uint32_t)address[3] << 24));
	writeMac(macAddressHigh, (uint32_t)(address[4] | (address[5] << 8)));
	writeMac(macControl, (1u << 3) | (1u << 2)); /* sends, receives */
	REGISTER(interruptLevels) = 0; /* one frame is enough */
	REGISTER(interruptEnable) = 1u << 3;
	REGISTER(interruptSettings) = (1u << 8) | (1u << 4) | 1;
	return 1;
}

int ethernet_read(uint8_t *into)
{
	while ((REGISTER(receiveLevel) >> 16) & 0xFF) {
		uint32_t status = REGISTER(receiveStatus);
		int size = (int)((status >> 16) & 0x3FFF); /* with its check sum */
		int words = (size + 3) / 4;
		int isGood = !(status & (1u << 15)) && (size > 18) && (size - 4 <= ethernetFrameMax);
		int index;
		for (index = 0; index < words; index++) {
			uint32_t word = REGISTER(receiveData);
			int left = size - 4 - 4 * index;
			if (isGood && (left > 0))
				memcpy(into + 4 * index, &word, (left < 4) ? (size_t)left : 4);
		}
		REGISTER(interruptState) = 1u << 3;
		if (isGood)
			return size - 4;
	}
	REGISTER(interruptState) = 1u << 3;
	return 0;
}

void ethernet_write(const uint8_t *frame, int size)
{
	int index;
	if ((int)(REGISTER(sendLevel) & 0xFFFF) < size + 16)
		return; /* as good as lost */
	REGISTER(sendData) = (1u << 13) | (1u << 12) | (uint32_t)size;
	REGISTER(sendData) = (uint32_t)size;
	for (index = 0; index < size; index += 4) {
		uint32_t word = 0;
		memcpy(&word, frame + index, (size - index < 4) ? (size_t)(size - index) : 4);
		REGISTER(sendData) = word;
	}
	while ((REGISTER(sendLevel) >> 16) & 0xFF)
		(void)REGISTER(sendStatus);
}
