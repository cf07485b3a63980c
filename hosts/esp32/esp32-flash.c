/* Partitions of flash by their label, and the few values of ours in NVS. The TypeScript side is esp32-flash.ts. */
#include "xsmc.h"
#include "mc.xs.h"

#include "esp_partition.h"
#include "nvs.h"

#include <string.h>

/* NVS allows 15 bytes for both. */
#define NAMESPACE "dormouse"
#define LABEL_SIZE 17

static const esp_partition_t *partition(xsMachine *the, int index)
{
	char label[LABEL_SIZE];
	const esp_partition_t *found;
	xsmcToStringBuffer(xsArg(index), label, sizeof(label));
	found = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, label);
	if (!found)
		xsUnknownError("no partition %s", label);
	return found;
}

static size_t offsetOf(xsMachine *the, int index)
{
	xsNumberValue offset = xsmcToNumber(xsArg(index));
	if (!((offset >= 0) && (offset <= 0x7fffffff)))
		xsRangeError("no such offset");
	return (size_t)offset;
}

static void checked(xsMachine *the, esp_err_t error)
{
	if (error != ESP_OK)
		xsUnknownError("flash: %d", (int)error);
}

/* (label) => size, or 0 where there is none */
void xs_dormouse_esp_flash_size(xsMachine *the)
{
	char label[LABEL_SIZE];
	const esp_partition_t *found;
	xsmcToStringBuffer(xsArg(0), label, sizeof(label));
	found = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, label);
	xsmcSetInteger(xsResult, found ? (xsIntegerValue)found->size : 0);
}

/* (label) => size of a sector */
void xs_dormouse_esp_flash_sector(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)partition(the, 0)->erase_size);
}

/* (label) => whether flash encryption covers it: then it is written 16 bytes at a time, and once */
void xs_dormouse_esp_flash_encrypted(xsMachine *the)
{
	xsmcSetBoolean(xsResult, partition(the, 0)->encrypted);
}

/* (label, offset, into) */
void xs_dormouse_esp_flash_read(xsMachine *the)
{
	const esp_partition_t *from = partition(the, 0);
	size_t offset = offsetOf(the, 1);
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(2), &into, &size);
	checked(the, esp_partition_read(from, offset, into, size));
}

/* (label, offset, bytes) */
void xs_dormouse_esp_flash_write(xsMachine *the)
{
	const esp_partition_t *to = partition(the, 0);
	size_t offset = offsetOf(the, 1);
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	checked(the, esp_partition_write(to, offset, bytes, size));
}

/* (label, offset, size) */
void xs_dormouse_esp_flash_erase(xsMachine *the)
{
	const esp_partition_t *of = partition(the, 0);
	size_t offset = offsetOf(the, 1);
	checked(the, esp_partition_erase_range(of, offset, offsetOf(the, 2)));
}

/* (name) => string or undefined */
void xs_dormouse_esp_note(xsMachine *the)
{
	char name[16], text[72];
	size_t size = sizeof(text);
	nvs_handle_t notes;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	if (nvs_open(NAMESPACE, NVS_READONLY, &notes) != ESP_OK)
		return;
	if (nvs_get_str(notes, name, text, &size) == ESP_OK)
		xsmcSetString(xsResult, text);
	nvs_close(notes);
}

/* (name, string): as one, whatever happens to power */
void xs_dormouse_esp_set_note(xsMachine *the)
{
	char name[16], text[72];
	nvs_handle_t notes;
	esp_err_t error;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	xsmcToStringBuffer(xsArg(1), text, sizeof(text));
	error = nvs_open(NAMESPACE, NVS_READWRITE, &notes);
	if (error == ESP_OK) {
		error = nvs_set_str(notes, name, text);
		if (error == ESP_OK)
			error = nvs_commit(notes);
		nvs_close(notes);
	}
	checked(the, error);
}
