/*
 * What hosts/zephyr, hosts/sockets and the SDK's own headers use of Zephyr 4.4, of the nRF Connect SDK and of
 * OpenThread: names, types and signatures, written down by us from their public documentation and headers
 * (docs.zephyrproject.org, docs.nordicsemi.com, openthread.io). Nothing here does anything: with it a compiler finds
 * wrong names, missing arguments and wrong types in our C where Zephyr itself is not at hand. headers.test.ts does the
 * same with the real headers.
 */
#ifndef DECLARED_H
#define DECLARED_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* zephyr/sys/util.h, toolchain.h: IS_ENABLED by the trick that documentation of Kconfig macros describes. */
#define BIT(n) (1UL << (n))
#define ARG_UNUSED(x) (void)(x)
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define CLAMP(value, low, high) (((value) <= (low)) ? (low) : (((value) > (high)) ? (high) : (value)))
#define IS_ENABLED_TAKE_SECOND(ignored, value, ...) value
#define IS_ENABLED_1 0,
#define IS_ENABLED_PICK(one_or_junk) IS_ENABLED_TAKE_SECOND(one_or_junk 1, 0)
#define IS_ENABLED_PASTE(value) IS_ENABLED_PICK(IS_ENABLED_##value)
#define IS_ENABLED(option) IS_ENABLED_PASTE(option)
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#define FUNC_NORETURN __attribute__((noreturn))

/* zephyr/kernel.h */
typedef struct { int64_t ticks; } k_timeout_t;
#define K_FOREVER ((k_timeout_t){ -1 })
#define K_NO_WAIT ((k_timeout_t){ 0 })
#define K_MSEC(ms) ((k_timeout_t){ (ms) })
#define Z_TIMEOUT_MS(ms) ((k_timeout_t){ (ms) })
#define K_PRIO_PREEMPT(n) (n)
typedef struct { void *head, *tail; } _wait_q_t;
#define Z_WAIT_Q_INIT(queue) { NULL, NULL }
struct k_thread { void *base; };
typedef struct k_thread *k_tid_t;
typedef struct { char byte; } k_thread_stack_t;
typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);
#define K_THREAD_STACK_ARRAY_DEFINE(name, count, size) k_thread_stack_t name[count][size]
#define K_THREAD_STACK_SIZEOF(stack) sizeof(stack)
k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t size, k_thread_entry_t entry, void *p1,
	void *p2, void *p3, int priority, uint32_t options, k_timeout_t delay);
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);
k_tid_t k_current_get(void);
struct k_mutex { _wait_q_t wait_q; struct k_thread *owner; uint32_t lock_count; int owner_orig_prio; };
#define Z_MUTEX_INITIALIZER(object) { Z_WAIT_Q_INIT(&object.wait_q), NULL, 0, 0 }
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);
struct k_condvar { _wait_q_t wait_q; };
#define Z_CONDVAR_INITIALIZER(object) { Z_WAIT_Q_INIT(&object.wait_q) }
int k_condvar_wait(struct k_condvar *condition, struct k_mutex *mutex, k_timeout_t timeout);
int k_condvar_broadcast(struct k_condvar *condition);
struct k_msgq { void *buffer; };
struct k_timer;
typedef void (*k_timer_expiry_t)(struct k_timer *timer);
typedef void (*k_timer_stop_t)(struct k_timer *timer);
struct k_timer { k_timer_expiry_t expiry_fn; k_timer_stop_t stop_fn; };
#define K_TIMER_DEFINE(name, expiry, stop) struct k_timer name = { (expiry), (stop) }
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
void k_timer_stop(struct k_timer *timer);
int64_t k_uptime_get(void);
int32_t k_msleep(int32_t ms);
int32_t k_usleep(int32_t us);
void k_sched_lock(void);
void k_sched_unlock(void);
void *k_malloc(size_t size);
void *k_calloc(size_t count, size_t size);
void *k_realloc(void *block, size_t size);
void k_free(void *block);

/* zephyr/init.h */
#define CONFIG_APPLICATION_INIT_PRIORITY 90
#define SYS_INIT(function, level, priority) extern int function##_at_##level; int function##_at_##level = (priority) + !(function)

/* zephyr/sys/atomic.h, printk.h, reboot.h, poweroff.h, random/random.h, fatal.h */
typedef long atomic_t;
typedef long atomic_val_t;
#define ATOMIC_INIT(value) (value)
atomic_val_t atomic_set(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_get(const atomic_t *target);
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define SYS_REBOOT_COLD 1
FUNC_NORETURN void sys_reboot(int type);
FUNC_NORETURN void sys_poweroff(void);
int sys_csrand_get(void *bytes, size_t size);
struct arch_esf;
void k_sys_fatal_error_handler(unsigned int reason, const struct arch_esf *frame);

/* zephyr/device.h, devicetree.h: every node that our C asks for is there. */
struct device { const char *name; };
extern const struct device declared_device;
bool device_is_ready(const struct device *device);
#define DT_ALIAS(alias) alias
#define DT_NODELABEL(label) label
#define DT_PATH(path) path
#define DT_CHOSEN(name) name
#define DT_NODE_EXISTS(node) 1
#define DT_NODE_HAS_PROP(node, property) 1
#define DEVICE_DT_GET(node) (&declared_device)

/* zephyr/drivers/gpio.h, hwinfo.h, retained_mem.h, sensor.h, watchdog.h */
typedef uint32_t gpio_flags_t;
struct gpio_dt_spec { const struct device *port; uint8_t pin; uint16_t dt_flags; };
#define GPIO_DT_SPEC_GET(node, property) { &declared_device, 0, 0 }
#define GPIO_INPUT BIT(16)
#define GPIO_INT_LEVEL_ACTIVE (BIT(22) | BIT(25))
int gpio_pin_configure_dt(const struct gpio_dt_spec *spec, gpio_flags_t flags);
int gpio_pin_interrupt_configure_dt(const struct gpio_dt_spec *spec, gpio_flags_t flags);
int hwinfo_get_reset_cause(uint32_t *cause);
int hwinfo_clear_reset_cause(void);
ssize_t retained_mem_size(const struct device *device);
int retained_mem_read(const struct device *device, off_t offset, uint8_t *bytes, size_t size);
int retained_mem_write(const struct device *device, off_t offset, const uint8_t *bytes, size_t size);
struct sensor_value { int32_t val1; int32_t val2; };
enum sensor_channel { SENSOR_CHAN_DIE_TEMP = 12 };
int sensor_sample_fetch(const struct device *device);
int sensor_channel_get(const struct device *device, enum sensor_channel channel, struct sensor_value *value);
struct wdt_window { uint32_t min; uint32_t max; };
typedef void (*wdt_callback_t)(const struct device *device, int channel);
struct wdt_timeout_cfg { struct wdt_window window; wdt_callback_t callback; uint8_t flags; };
#define WDT_FLAG_RESET_SOC BIT(1)
#define WDT_OPT_PAUSE_IN_SLEEP BIT(0)
#define WDT_OPT_PAUSE_HALTED_BY_DBG BIT(1)
int wdt_install_timeout(const struct device *device, const struct wdt_timeout_cfg *config);
int wdt_setup(const struct device *device, uint8_t options);
int wdt_feed(const struct device *device, int channel);

/* zephyr/drivers/flash.h, storage/flash_map.h */
struct flash_pages_info { off_t start_offset; size_t size; uint32_t index; };
int flash_get_page_info_by_offs(const struct device *device, off_t offset, struct flash_pages_info *info);
struct flash_area { uint8_t fa_id; uint16_t pad16; off_t fa_off; size_t fa_size; const struct device *fa_dev; };
struct flash_sector { off_t fs_off; size_t fs_size; };
#define FIXED_PARTITION_EXISTS(label) 1
#define FIXED_PARTITION_ID(label) 3
#define FIXED_PARTITION_SIZE(label) 0xe8000
#define DT_FIXED_PARTITION_ID(node) 3
int flash_area_open(uint8_t id, const struct flash_area **area);
int flash_area_read(const struct flash_area *area, off_t offset, void *into, size_t size);
int flash_area_write(const struct flash_area *area, off_t offset, const void *bytes, size_t size);
int flash_area_erase(const struct flash_area *area, off_t offset, size_t size);
uint32_t flash_area_align(const struct flash_area *area);
uint8_t flash_area_erased_val(const struct flash_area *area);
int flash_area_get_sectors(int id, uint32_t *count, struct flash_sector *sectors);

/* zephyr/dfu/mcuboot.h */
#define BOOT_SWAP_TYPE_NONE 1
#define BOOT_UPGRADE_TEST 0
int mcuboot_swap_type(void);
bool boot_is_img_confirmed(void);
int boot_write_img_confirmed(void);
int boot_request_upgrade(int permanent);

/* zephyr/net/socket.h with CONFIG_NET_NAMESPACE_COMPAT_MODE, net_ip.h, zvfs/eventfd.h */
typedef uint16_t sa_family_t;
typedef uint32_t socklen_t;
struct in_addr { uint32_t s_addr; };
struct in6_addr { uint8_t s6_addr[16]; };
struct sockaddr { sa_family_t sa_family; char data[24]; };
struct sockaddr_in { sa_family_t sin_family; uint16_t sin_port; struct in_addr sin_addr; };
struct sockaddr_in6 { sa_family_t sin6_family; uint16_t sin6_port; struct in6_addr sin6_addr; uint8_t sin6_scope_id; };
struct sockaddr_storage { sa_family_t ss_family; char data[24]; };
#define AF_UNSPEC 0
#define AF_INET 1
#define AF_INET6 2
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_IPV6 41
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPV6_V6ONLY 26
#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_ERROR 4
#define ZSOCK_POLLIN 1
#define ZSOCK_POLLOUT 4
#define ZSOCK_POLLERR 8
#define ZSOCK_POLLHUP 16
#define ZSOCK_MSG_PEEK 0x02
#define ZSOCK_MSG_TRUNC 0x20
#define ZSOCK_MSG_DONTWAIT 0x40
struct zsock_pollfd { int fd; short events; short revents; };
struct zsock_addrinfo {
	struct zsock_addrinfo *ai_next;
	int ai_flags, ai_family, ai_socktype, ai_protocol, ai_eflags;
	socklen_t ai_addrlen;
	struct sockaddr *ai_addr;
	char *ai_canonname;
};
uint16_t htons(uint16_t value);
uint16_t ntohs(uint16_t value);
uint32_t htonl(uint32_t value);
uint32_t ntohl(uint32_t value);
int zsock_socket(int family, int type, int protocol);
int zsock_bind(int socket, const struct sockaddr *address, socklen_t size);
int zsock_connect(int socket, const struct sockaddr *address, socklen_t size);
int zsock_listen(int socket, int backlog);
int zsock_accept(int socket, struct sockaddr *address, socklen_t *size);
ssize_t zsock_send(int socket, const void *bytes, size_t size, int flags);
ssize_t zsock_sendto(int socket, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length);
ssize_t zsock_recv(int socket, void *bytes, size_t size, int flags);
ssize_t zsock_recvfrom(int socket, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *length);
int zsock_close(int socket);
int zsock_fcntl(int socket, int command, int flags);
int zsock_poll(struct zsock_pollfd *sockets, int count, int timeoutMs);
int zsock_setsockopt(int socket, int level, int name, const void *value, socklen_t size);
int zsock_getsockopt(int socket, int level, int name, void *value, socklen_t *size);
int zsock_getsockname(int socket, struct sockaddr *address, socklen_t *size);
int zsock_inet_pton(sa_family_t family, const char *text, void *address);
int zsock_getaddrinfo(const char *host, const char *service, const struct zsock_addrinfo *hints,
	struct zsock_addrinfo **found);
void zsock_freeaddrinfo(struct zsock_addrinfo *found);
#define ZVFS_F_GETFL 3
#define ZVFS_F_SETFL 4
#define ZVFS_O_NONBLOCK 0x4000
#define ZVFS_EFD_NONBLOCK 0x4000
typedef uint64_t zvfs_eventfd_t;
int zvfs_eventfd(unsigned int value, int flags);
int zvfs_eventfd_read(int file, zvfs_eventfd_t *value);
int zvfs_eventfd_write(int file, zvfs_eventfd_t value);

/* zephyr/net/net_mgmt.h, net_if.h, net_event.h, conn_mgr_monitor.h */
struct net_if;
struct net_mgmt_event_callback;
typedef void (*net_mgmt_event_handler_t)(struct net_mgmt_event_callback *callback, uint64_t event, struct net_if *interface);
struct net_mgmt_event_callback { net_mgmt_event_handler_t handler; uint64_t event_mask; };
#define NET_EVENT_L4_CONNECTED (1ULL << 60)
#define NET_EVENT_L4_DISCONNECTED (1ULL << 61)
void net_mgmt_init_event_callback(struct net_mgmt_event_callback *callback, net_mgmt_event_handler_t handler, uint64_t mask);
void net_mgmt_add_event_callback(struct net_mgmt_event_callback *callback);
void conn_mgr_mon_resend_status(void);

/* modem/nrf_modem_lib.h, modem/lte_lc.h of the nRF Connect SDK */
int nrf_modem_lib_init(void);
enum lte_lc_nw_reg_status { LTE_LC_NW_REG_REGISTERED_HOME = 1, LTE_LC_NW_REG_REGISTERED_ROAMING = 5 };
enum lte_lc_evt_type { LTE_LC_EVT_NW_REG_STATUS, LTE_LC_EVT_PSM_UPDATE };
struct lte_lc_psm_cfg { int tau; int active_time; };
struct lte_lc_evt {
	enum lte_lc_evt_type type;
	union { enum lte_lc_nw_reg_status nw_reg_status; struct lte_lc_psm_cfg psm_cfg; };
};
typedef void (*lte_lc_evt_handler_t)(const struct lte_lc_evt *const event);
int lte_lc_psm_req(bool enable);
int lte_lc_edrx_req(bool enable);
int lte_lc_connect_async(lte_lc_evt_handler_t handler);

/* openthread.h of Zephyr's module, openthread/instance.h, link.h, thread.h */
typedef struct otInstance otInstance;
typedef uint32_t otChangedFlags;
typedef enum { OT_ERROR_NONE = 0, OT_ERROR_INVALID_ARGS = 7 } otError;
typedef enum { OT_DEVICE_ROLE_CHILD = 2, OT_DEVICE_ROLE_ROUTER = 3, OT_DEVICE_ROLE_LEADER = 4 } otDeviceRole;
#define OT_CHANGED_THREAD_ROLE (1U << 2)
typedef void (*otStateChangedCallback)(otChangedFlags flags, void *context);
struct openthread_state_changed_callback { otStateChangedCallback otCallback; void *user_data; void *node; };
int openthread_state_changed_callback_register(struct openthread_state_changed_callback *callback);
struct otInstance *openthread_get_default_instance(void);
int openthread_run(void);
void openthread_mutex_lock(void);
void openthread_mutex_unlock(void);
otDeviceRole otThreadGetDeviceRole(otInstance *instance);
uint32_t otLinkGetPollPeriod(otInstance *instance);
otError otLinkSetPollPeriod(otInstance *instance, uint32_t ms);

/* nrf_crypto.h and nrf_fstorage.h of Nordic's nRF5 SDK 17, task.h of FreeRTOS: for hosts/nrf52 and the SDK's xsHost.h */
typedef void *TaskHandle_t;
typedef struct { uint32_t erase_unit; uint32_t program_unit; bool rmap; bool wmap; } nrf_fstorage_info_t;
typedef struct { const nrf_fstorage_info_t *p_flash_info; uint32_t start_addr; uint32_t end_addr; } nrf_fstorage_t;
typedef uint32_t ret_code_t;
#define NRF_SUCCESS 0
ret_code_t nrf_crypto_init(void);
ret_code_t nrf_crypto_rng_vector_generate(uint8_t *bytes, size_t size);

#endif
