/* Whether the radio runs: the generator of random numbers is a true one then (esp32-system.c). */
#ifndef ESP32_RADIO_H
#define ESP32_RADIO_H

int radioIsOn(void);

#endif
