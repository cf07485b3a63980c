#include "esp32-ota.h"

#include "esp_ota_ops.h"

static esp_err_t keepRunning(int mustChoose)
{
	esp_err_t error = mustChoose ? esp_ota_set_boot_partition(esp_ota_get_running_partition()) : ESP_OK;
	return error == ESP_OK ? esp_ota_mark_app_valid_cancel_rollback() : error;
}

esp_err_t otaAdopt(void)
{
	esp_ota_img_states_t state;
	return keepRunning(esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) != ESP_OK);
}

esp_err_t otaForget(const esp_partition_t *other)
{
	esp_ota_img_states_t state;
	esp_err_t error = ESP_OK;
	if (esp_ota_get_state_partition(other, &state) != ESP_OK)
		return ESP_OK;
	if (esp_ota_get_boot_partition() == other)
		error = keepRunning(1);
	return error == ESP_OK ? esp_ota_invalidate_inactive_ota_data_slot() : error;
}
