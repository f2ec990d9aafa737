/* SPDX-License-Identifier: ISC */
/*
 * The terminal of dialfailctl top: ncurses shows what top_grid.c has laid
 * out.  The daemon is asked anew each time, so a restart of it is no matter:
 * what was known stays on the screen, with the reason why it is not newer.
 */
#include <sys/types.h>

#include <curses.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/top.h"

#define EVERY_MS 1000

enum { PAIR_GOOD = 1, PAIR_BAD, PAIR_SLOW };

static attr_t
attribute(unsigned char style)
{
	switch (style) {
	case TOP_DIM:
		return A_DIM;
	case TOP_BOLD:
		return A_BOLD;
	case TOP_GOOD:
		return COLOR_PAIR(PAIR_GOOD);
	case TOP_BAD:
		return COLOR_PAIR(PAIR_BAD) | A_BOLD;
	case TOP_SLOW:
		return COLOR_PAIR(PAIR_SLOW);
	default:
		return A_NORMAL;
	}
}

static void
draw(const struct top *t)
{
	static struct top_grid g;
	unsigned int y, x;

	top_layout(t, &g, (unsigned int)LINES, (unsigned int)COLS);
	erase();
	for (y = 0; y < g.rows; y++)
		for (x = 0; x < g.cols; x++)
			(void)mvaddch((int)y, (int)x,
			    (chtype)g.cell[y][x].c |
				attribute(g.cell[y][x].style));
	refresh();
}

/* One question; 0, or -1: why it was in vain is known. */
static int
ask(struct top *t, struct ctl_client *c, uint32_t what)
{
	ctl_client_free(c);
	if (ctl_client_show(c, what, "") != CTL_EXIT_DONE) {
		(void)strlcpy(t->why, c->why, sizeof(t->why));
		return -1;
	}
	return 0;
}

/* A human comes when something has happened: what it was must be there. */
static void
look_back(struct top *t, struct ctl_client *c)
{
	if (ask(t, c, CTL_SHOW_PROBES) == 0 && c->answer.text != NULL)
		top_past(t, c->answer.text);
}

static void
look(struct top *t, struct ctl_client *c)
{
	int first = !t->known;

	if (ask(t, c, CTL_SHOW_SUMMARY) == -1)
		return;
	if (c->result.code != CTL_OK) {
		(void)strlcpy(t->why, c->result.text, sizeof(t->why));
		return;
	}
	t->why[0] = '\0';
	top_take(t, &c->answer);
	if (first)
		look_back(t, c);
	/* that there was none yet is no fault */
	if (ask(t, c, CTL_SHOW_EVENT) == 0)
		top_take_event(t, &c->answer);
}

static void
begin(void)
{
	if (initscr() == NULL)
		errx(CTL_EXIT_REFUSED, "this terminal cannot do it");
	(void)cbreak();
	(void)noecho();
	(void)curs_set(0);
	(void)keypad(stdscr, TRUE);
	timeout(EVERY_MS);
	if (!has_colors() || ctl_no_colours())
		return;
	(void)start_color();
	(void)use_default_colors();
	(void)init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	(void)init_pair(PAIR_BAD, COLOR_RED, -1);
	(void)init_pair(PAIR_SLOW, COLOR_YELLOW, -1);
}

int
top(struct ctl_client *c)
{
	static struct top t;
	int key;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		errx(CTL_EXIT_REFUSED, "top needs a terminal");
	begin();
	do {
		look(&t, c);
		draw(&t);
		/* another size is shown at once */
		while ((key = getch()) == KEY_RESIZE)
			draw(&t);
	} while (key != 'q' && key != 'Q');
	(void)endwin();
	ctl_client_free(c);
	free(t.line);
	return CTL_EXIT_DONE;
}
