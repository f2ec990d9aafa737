/* SPDX-License-Identifier: ISC */
/*
 * The modem's side of a USB port (modemu -u), a gadget's (g_serial with
 * use_acm=1): the other side of the cable is a ttyACM with true modem lines.
 *
 * DTR comes as a request that the gadget's driver keeps to itself, so it is
 * read off the bus (Documentation/usb/usbmon.rst, "Raw binary format").  DCD
 * is high as long as we have our side open (gser_connect() in the kernel's
 * f_acm.c): so it is open while DTR is high, and a call's end closes it.
 *
 * A modem that starts anew leaves the bus for a while, as its gadget does
 * when that is taken from its driver; our side must be closed by then, or the
 * kernel waits for it (gserial_free_port() in u_serial.c).
 */
#ifndef REGRESS_LAB_MODEMU_USB_H
#define REGRESS_LAB_MODEMU_USB_H

#include <sys/ioctl.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* CDC PSTN 6.3.12: SetControlLineState, to an interface; wValue, D0: DTR */
#define USB_TO_INTERFACE   0x21
#define USB_SET_LINE_STATE 0x22
#define USB_DTR            0x01

struct usb_packet {
	uint64_t id;
	uint8_t type; /* 'S': submitted */
	uint8_t transfer; /* 2: control */
	uint8_t endpoint, device;
	uint16_t bus;
	uint8_t has_setup; /* 0: it has */
	uint8_t has_data;
	int64_t sec;
	int32_t usec, status;
	uint32_t length, captured;
	uint8_t setup[8];
};
_Static_assert(sizeof(struct usb_packet) == 48, "as read(2) gives it");

struct usb_get {
	struct usb_packet *packet;
	void *data;
	size_t size; /* of data, none of which is wanted */
};
#define USB_MON_GET _IOW(0x92, 6, struct usb_get)

#define USB_DRIVER  "/sys/bus/gadget/drivers/g_serial/"
#define USB_GADGET  "gadget.0"
#define USB_AWAY_MS 1000

static struct {
	const char *monitor; /* NULL: the port is none of USB's */
	int fd;
	int dtr;
	int64_t back_at; /* on the bus; 0: it is there */
} usb = { .fd = -1 };

static void
usb_monitor(void)
{
	if ((usb.fd = open(usb.monitor, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) ==
	    -1)
		err(1, "%s", usb.monitor);
}

/* All that has passed on the bus until now. */
static void
usb_look(void)
{
	struct usb_packet p;
	struct usb_get get = { &p, NULL, 0 };

	while (ioctl(usb.fd, USB_MON_GET, &get) == 0)
		if (p.type == 'S' && p.transfer == 2 && p.has_setup == 0 &&
		    p.setup[0] == USB_TO_INTERFACE &&
		    p.setup[1] == USB_SET_LINE_STATE)
			usb.dtr = p.setup[2] & USB_DTR;
}

static void
usb_write(const char *path)
{
	int fd;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1 ||
	    write(fd, USB_GADGET, strlen(USB_GADGET)) == -1)
		err(1, "%s", path);
	close(fd);
}

static void
usb_leave(int64_t now)
{
	usb_write(USB_DRIVER "unbind");
	usb.back_at = now + USB_AWAY_MS;
}

static void
usb_return(int64_t now)
{
	if (usb.back_at == 0 || now < usb.back_at)
		return;
	usb.back_at = 0;
	usb_write(USB_DRIVER "bind");
}

/* As soon as it is open DCD is high. */
static int
usb_open(const char *path)
{
	struct termios t;
	int fd;

	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || tcgetattr(fd, &t) == -1)
		err(1, "%s", path);
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

#endif
