/* SPDX-License-Identifier: ISC */
/* Records of files in the state directory; see record.h. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "parent/record.h"

int
record_split(char *text, char kind, char *field[RECORD_FIELDS_MAX])
{
	int n = 0;

	if (text[0] != kind || text[1] != '\t')
		return -1;
	text += 2;
	while (text != NULL) {
		if (n == RECORD_FIELDS_MAX)
			return -1;
		field[n++] = strsep(&text, "\t");
	}
	return n;
}

int
record_number(const char *text, int64_t min, int64_t max, int64_t *n)
{
	const char *why;

	*n = strtonum(text, min, max, &why);
	return why == NULL ? 0 : -1;
}

int
record_number32(const char *text, uint32_t *n)
{
	int64_t v;

	if (record_number(text, 0, UINT32_MAX, &v) == -1)
		return -1;
	*n = (uint32_t)v;
	return 0;
}

int
record_number64(const char *text, uint64_t *n)
{
	int64_t v;

	if (record_number(text, 0, INT64_MAX, &v) == -1)
		return -1;
	*n = (uint64_t)v;
	return 0;
}

int
record_word(char *to, size_t size, const char *from)
{
	if (strlcpy(to, from, size) >= size || !msg_text_valid(to, size))
		return -1;
	return 0;
}
