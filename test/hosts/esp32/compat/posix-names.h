/*
 * The POSIX names that ESP-IDF gives lwIP's functions, for a copy of esp-lwip that has not got them (2.1.3-esp). The
 * functions themselves are declared by lwIP's own headers.
 */
#include "lwip/netdb.h"
#include "lwip/sockets.h"

#define accept lwip_accept
#define bind lwip_bind
#define connect lwip_connect
#define freeaddrinfo lwip_freeaddrinfo
#define getaddrinfo lwip_getaddrinfo
#define getsockname lwip_getsockname
#define getsockopt lwip_getsockopt
#define inet_pton lwip_inet_pton
#define listen lwip_listen
#define recv lwip_recv
#define recvmsg lwip_recvmsg
#define send lwip_send
#define sendto lwip_sendto
#define setsockopt lwip_setsockopt
#define socket lwip_socket
