/* What desktop-system.c has from the file of each system, and those from it. All in milliseconds. */
#ifndef DESKTOP_SYSTEM_H
#define DESKTOP_SYSTEM_H

/* Since the computer's start; time in which it sleeps counts, because registrations go on ageing meanwhile. */
double computerUpMs(void);

/* Since this start of the device, or since what the boot loader says; 0 when nobody has asked for the time yet. */
double deviceUpMs(void);

#endif
