/*
 * esp32-ota.c over ESP-IDF's own esp_ota_ops.c, with flash in memory and a boot loader that does what ESP-IDF's does with
 * otadata. Each boot is a process, because ESP-IDF remembers what runs. Says a line for each case.
 */
#include "esp32-ota.h"

#include "esp_flash_partitions.h"
#include "esp_image_format.h"
#include "esp_ota_ops.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(CONDITION) \
	do { \
		if (!(CONDITION)) { \
			printf("not ok line %d: %s\n", __LINE__, #CONDITION); \
			exit(1); \
		} \
	} while (0)

/* otadata, in memory that boots share */
static uint8_t *flash;
static int running;

static esp_partition_t parts[] = {
	{ .type = ESP_PARTITION_TYPE_DATA, .subtype = ESP_PARTITION_SUBTYPE_DATA_OTA, .address = 0, .size = 8192,
		.erase_size = 4096, .label = "otadata" },
	{ .type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_0, .address = 65536, .size = 65536,
		.erase_size = 4096, .label = "ota_0" },
	{ .type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_1, .address = 131072, .size = 65536,
		.erase_size = 4096, .label = "ota_1" },
};

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label)
{
	(void)label;
	for (int index = 0; index < 3; index++) {
		if ((parts[index].type == type) && ((subtype == ESP_PARTITION_SUBTYPE_ANY) || (parts[index].subtype == subtype)))
			return &parts[index];
	}
	return NULL;
}

esp_err_t esp_partition_read(const esp_partition_t *of, size_t offset, void *into, size_t size)
{
	CHECK(of == parts);
	memcpy(into, flash + offset, size);
	return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *of, size_t offset, const void *bytes, size_t size)
{
	CHECK(of == parts);
	for (size_t index = 0; index < size; index++)
		flash[offset + index] &= ((const uint8_t *)bytes)[index];
	return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *of, size_t offset, size_t size)
{
	CHECK(of == parts);
	memset(flash + offset, 0xff, size);
	return ESP_OK;
}

esp_err_t esp_partition_mmap(const esp_partition_t *of, size_t offset, size_t size, esp_partition_mmap_memory_t memory,
	const void **out, esp_partition_mmap_handle_t *handle)
{
	(void)size, (void)memory, (void)handle;
	CHECK(of == parts);
	*out = flash + offset;
	return ESP_OK;
}

void esp_partition_munmap(esp_partition_mmap_handle_t handle)
{
	(void)handle;
}

/* An iterator is the index of a partition and one. */
esp_partition_iterator_t esp_partition_find(esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label)
{
	return (esp_partition_iterator_t)(esp_partition_find_first(type, subtype, label) - parts + 1);
}

const esp_partition_t *esp_partition_get(esp_partition_iterator_t at)
{
	return &parts[(size_t)at - 1];
}

esp_partition_iterator_t esp_partition_next(esp_partition_iterator_t at)
{
	return (size_t)at < 3 ? (esp_partition_iterator_t)((size_t)at + 1) : NULL;
}

void esp_partition_iterator_release(esp_partition_iterator_t at)
{
	(void)at;
}

const esp_partition_t *esp_partition_verify(const esp_partition_t *of)
{
	return of;
}

size_t spi_flash_cache2phys(const void *here)
{
	(void)here;
	return parts[1 + running].address + 100;
}

esp_err_t esp_image_verify(esp_image_load_mode_t mode, const esp_partition_pos_t *part, esp_image_metadata_t *data)
{
	(void)mode, (void)part, (void)data;
	return ESP_OK;
}

void *esp_flash_default_chip = NULL;

int bootloader_common_get_active_otadata(esp_ota_select_entry_t *both);
uint32_t bootloader_common_ota_select_crc(const esp_ota_select_entry_t *entry);

/* As bootloader_utility_get_selected_boot_partition() and update_anti_rollback's neighbours do with otadata. */
static int bootLoader(void)
{
	esp_ota_select_entry_t both[2];
	int active;
	memcpy(&both[0], flash, sizeof(both[0]));
	memcpy(&both[1], flash + 4096, sizeof(both[1]));
	for (int index = 0; index < 2; index++) {
		if ((both[index].ota_seq != UINT32_MAX) && (both[index].ota_state == ESP_OTA_IMG_PENDING_VERIFY)) {
			both[index].ota_state = ESP_OTA_IMG_ABORTED;
			memset(flash + index * 4096, 0xff, 4096);
			memcpy(flash + index * 4096, &both[index], sizeof(both[index]));
		}
	}
	active = bootloader_common_get_active_otadata(both);
	if (active < 0)
		return 0; /* no factory partition: ota_0 */
	if (both[active].ota_state == ESP_OTA_IMG_NEW) {
		both[active].ota_state = ESP_OTA_IMG_PENDING_VERIFY;
		memset(flash + active * 4096, 0xff, 4096);
		memcpy(flash + active * 4096, &both[active], sizeof(both[active]));
	}
	return (int)((both[active].ota_seq - 1) % 2);
}

static int stateOf(int slot)
{
	esp_ota_img_states_t state;
	return esp_ota_get_state_partition(&parts[1 + slot], &state) == ESP_OK ? (int)state : -2;
}

/* One boot: what runs is checked, and `act` is done. */
static void boot(int expected, void (*act)(void))
{
	int status;
	pid_t child;
	running = bootLoader();
	CHECK(running == expected);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		act();
		exit(0);
	}
	waitpid(child, &status, 0);
	if (status)
		exit(1);
}

static void nothing(void)
{
}

static void pend(void)
{
	CHECK(esp_ota_set_boot_partition(&parts[2 - running]) == ESP_OK);
	CHECK(stateOf(1 - running) == ESP_OTA_IMG_NEW);
}

static void adoptAndPend(void)
{
	CHECK(stateOf(0) == -2);
	CHECK(otaAdopt() == ESP_OK);
	CHECK(stateOf(0) == ESP_OTA_IMG_VALID && stateOf(1) == -2);
	pend();
}

static void refuse(void)
{
	CHECK(stateOf(running) == ESP_OTA_IMG_PENDING_VERIFY);
	CHECK(esp_ota_mark_app_invalid_rollback() == ESP_OK);
}

static void cannotRefuse(void)
{
	CHECK(esp_ota_mark_app_invalid_rollback() == ESP_ERR_OTA_ROLLBACK_FAILED);
}

static void confirm(void)
{
	CHECK(stateOf(running) == ESP_OTA_IMG_PENDING_VERIFY);
	CHECK(esp_ota_mark_app_valid_cancel_rollback() == ESP_OK);
	CHECK(stateOf(running) == ESP_OTA_IMG_VALID);
}

static void forgetBad(void)
{
	CHECK(stateOf(1 - running) == ESP_OTA_IMG_INVALID || stateOf(1 - running) == ESP_OTA_IMG_ABORTED);
	CHECK(otaForget(&parts[2 - running]) == ESP_OK);
	CHECK(stateOf(1 - running) == -2 && stateOf(running) == ESP_OTA_IMG_VALID);
	CHECK(otaForget(&parts[2 - running]) == ESP_OK);
	pend();
}

static void pendAndForget(void)
{
	pend();
	CHECK(otaForget(&parts[2 - running]) == ESP_OK);
	CHECK(stateOf(1 - running) == -2 && stateOf(running) == ESP_OTA_IMG_VALID);
}

int main(void)
{
	flash = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(flash, 0xff, 8192);
	boot(0, pend);
	boot(1, cannotRefuse);
	printf("ok without an account of what came by cable there is no way back\n");
	memset(flash, 0xff, 8192);
	boot(0, adoptAndPend);
	boot(1, refuse);
	boot(0, forgetBad);
	printf("ok adopted, tried, refused, back, forgotten\n");
	boot(1, nothing);
	boot(0, forgetBad);
	printf("ok tried, not confirmed, back, forgotten\n");
	boot(1, confirm);
	boot(1, pend);
	boot(0, nothing);
	boot(1, forgetBad);
	printf("ok the same from the other slot\n");
	boot(0, confirm);
	boot(0, pendAndForget);
	boot(0, pendAndForget);
	printf("ok forgotten before it was tried\n");
	return 0;
}
