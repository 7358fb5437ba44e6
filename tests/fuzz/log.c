/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Escaping in the log.  Some answers, chunks and messages are logged, made of
 * any octets, and what has been written is read back by a reader that knows
 * only the manual: each line is that of one entry and all of it, in order, and
 * consists of printable ASCII; what is unescaped from between its quotes are
 * the octets that went in.  When the output takes only a part of what it is
 * given, whole lines may be lost, but none is cut.
 *
 * The journal gets entries instead of lines: there, each field has its octets
 * as they were, and the text is the line, or its beginning.
 *
 * A message is one line too, without any control character; but octets beyond
 * ASCII, as in the name of a file, are left as they are.
 *
 * The first four octets choose the outputs and what they take, and so does
 * each octet that begins an entry: see make_entry() and take_octets().
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

/* log.c's outputs are those of this file. */
static ssize_t take_written(int fd, const void *octets, size_t bytes);
#define write take_written
#include "../../src/log.c" /* NOLINT(bugprone-suspicious-include) */
#undef write

#define ENTRIES_MAX 6

enum kind {
	KIND_ANSWER,
	KIND_CHUNK,
	KIND_MESSAGE,
	KIND_FLUSH, /* no entry */
};

struct entry {
	enum kind kind;
	struct peer peer;
	struct log_entry answer;
	struct log_octets octets; /* the chunk, or the message's text */
	int level;
};

static struct entry logged[ENTRIES_MAX];
static size_t n_logged;
static struct log_lines lines;

/* --- Outputs ------------------------------------------------------------- */

struct capture {
	char octets[ENTRIES_MAX * LINE_BYTES_MAX];
	size_t used;
};

static struct capture written, messages, queued;

/* Of 255 parts of each write, how many are taken; the next one is the first. */
static uint8_t taken[3];
static bool takes_all;
/* What the journal says at the end: 0, or it has lost something. */
static int journal_end;

static void append(struct capture *capture, const char *octets, size_t bytes)
{
	CHECK(bytes <= sizeof(capture->octets) - capture->used, "%zu", bytes);
	memcpy(capture->octets + capture->used, octets, bytes);
	capture->used += bytes;
}

static size_t next_taken(size_t bytes)
{
	uint8_t parts = taken[0];

	taken[0] = taken[1];
	taken[1] = taken[2];
	taken[2] = parts;
	return parts == 0 ? 0 : 1 + (bytes - 1) * parts / 255;
}

static ssize_t take_written(int fd, const void *octets, size_t bytes)
{
	size_t n = bytes;

	if (fd == STDOUT_FILENO && !takes_all)
		n = next_taken(bytes);
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	append(fd == STDOUT_FILENO ? &written : &messages, octets, n);
	return (ssize_t)n;
}

bool journal_has(int fd)
{
	return fd < 0;
}

bool journal_is_reachable(void)
{
	return false;
}

int journal_start(void)
{
	return 0;
}

int journal_queue(const char *entries, size_t bytes)
{
	append(&queued, entries, bytes);
	return 0;
}

int journal_stop(void)
{
	return journal_end;
}

/* --- Entries, made of the input ------------------------------------------ */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static uint32_t take_32(struct input *input)
{
	uint32_t number = 0;

	for (int i = 0; i < 4; i++)
		number = number << 8 | take(input);
	return number;
}

/* How many there are, 255 for none; how often they come, if 128 or more; and
 * then the octets. */
static struct log_octets take_octets(struct input *input, char *buffer,
				     size_t most)
{
	uint8_t bytes = take(input), times = take(input);
	size_t n = bytes < input->left ? bytes : input->left, used = 0;

	if (bytes == 255)
		return (struct log_octets){0};
	times = times < 128 ? 1 : times - 127;
	for (; times > 0 && used + n <= most; times--, used += n)
		memcpy(buffer + used, input->at, n);
	input->at += n;
	input->left -= n;
	return (struct log_octets){.octets = buffer, .bytes = used};
}

/* And checks that it is what the socket's address says. */
static struct peer take_peer(struct input *input)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct sockaddr_storage address = {0};
	struct sockaddr_in *in = (void *)&address;
	struct sockaddr_in6 *in6 = (void *)&address;
	struct peer due = {0}, peer;
	uint8_t how = take(input) % 4;
	uint32_t last = take_32(input);

	due.family = how == 2 ? AF_UNIX : how == 1 ? AF_INET6 : AF_INET;
	due.port = how == 2 ? 0 : (uint16_t)last;
	address.ss_family = how == 3 ? AF_INET6 : due.family;
	if (how == 0) {
		in->sin_port = htons(due.port);
		memcpy(&in->sin_addr, &last, 4);
		memcpy(due.address, &last, 4);
	} else if (how != 2) {
		in6->sin6_port = htons(due.port);
		memset(due.address, take(input), 12);
		memcpy(due.address + 12, &last, 4);
		memcpy(&in6->sin6_addr, due.address, 16);
	}
	if (how == 3) {
		memcpy(&in6->sin6_addr, mapped, sizeof(mapped));
		memcpy(due.address, &last, 4);
	}
	peer = peer_of_address(&address);
	CHECK(peer.family == due.family && peer.port == due.port &&
		      !memcmp(peer.address, due.address,
			      due.family == AF_INET ? 4 : 16),
	      "%u, port %u", peer.family, peer.port);
	return due;
}

/* A line, a Referer and a User-Agent come from one head. */
static void take_answer(struct input *input, struct entry *entry,
			char (*buffers)[RECEIVE_BYTES])
{
	struct log_entry *answer = &entry->answer;
	struct log_octets name;

	answer->peer = &entry->peer;
	answer->time = take_32(input);
	answer->status = take_32(input) % 1000;
	answer->content_bytes = take_32(input);
	answer->line = take_octets(input, buffers[0], REQUEST_LINE_BYTES_MAX);
	answer->referer =
		take_octets(input, buffers[1], FIELD_SECTION_BYTES_MAX);
	answer->user_agent =
		take_octets(input, buffers[2],
			    FIELD_SECTION_BYTES_MAX - answer->referer.bytes);
	name = take_octets(input, buffers[3], RECEIVE_BYTES - 1);
	answer->fd_name = name.octets;
	if (name.octets)
		buffers[3][name.bytes] = '\0';
}

static void make_entry(struct input *input, struct entry *ret_entry)
{
	static char buffers[ENTRIES_MAX][4][RECEIVE_BYTES];
	char(*own)[RECEIVE_BYTES] = buffers[n_logged];
	uint8_t kind = take(input);

	*ret_entry = (struct entry){.kind = kind % 4, .level = kind >> 2 & 7};
	switch (ret_entry->kind) {
	case KIND_ANSWER:
		ret_entry->peer = take_peer(input);
		take_answer(input, ret_entry, own);
		break;
	case KIND_CHUNK:
		ret_entry->peer = take_peer(input);
		ret_entry->octets = take_octets(input, own[0], RECEIVE_BYTES);
		break;
	case KIND_MESSAGE:
		ret_entry->octets =
			take_octets(input, own[0], RECEIVE_BYTES - 1);
		own[0][ret_entry->octets.bytes] = '\0';
		break;
	case KIND_FLUSH:
		break;
	}
}

static void log_one(const struct entry *entry)
{
	switch (entry->kind) {
	case KIND_ANSWER:
		log_answer(&lines, &entry->answer);
		break;
	case KIND_CHUNK:
		log_chunk(&lines, &entry->peer, entry->octets.octets,
			  entry->octets.bytes);
		break;
	case KIND_MESSAGE:
		log_message(entry->level, "%s",
			    entry->octets.octets ? entry->octets.octets : "");
		break;
	case KIND_FLUSH:
		log_flush(&lines);
		break;
	}
}

/* --- A line is read back ------------------------------------------------- */

struct text {
	const char *at;
	const char *end;
};

static bool read_text(struct text *text, const char *due)
{
	size_t bytes = strlen(due);

	if ((size_t)(text->end - text->at) < bytes ||
	    memcmp(text->at, due, bytes) != 0)
		return false;
	text->at += bytes;
	return true;
}

static bool read_number(struct text *text, uintmax_t due)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%ju", due);
	return read_text(text, digits);
}

/* The octet that an escape is of, where that is how it is written; -1. */
static int read_escaped(struct text *text)
{
	static const char letters[] = "rnt\"\\", octets[] = "\r\n\t\"\\";
	static const char hex[] = "0123456789abcdef";
	const char *letter, *high, *low;
	int octet;

	if (text->end - text->at < 1)
		return -1;
	letter = memchr(letters, *text->at++, 5);
	if (letter)
		return octets[letter - letters];
	if (text->at[-1] != 'x' || text->end - text->at < 2)
		return -1;
	high = memchr(hex, text->at[0], 16);
	low = memchr(hex, text->at[1], 16);
	if (!high || !low)
		return -1;
	text->at += 2;
	octet = (int)(high - hex) << 4 | (int)(low - hex);
	if ((octet >= ' ' && octet <= '~') || memchr(octets, octet, 3))
		return -1;
	return octet;
}

/* Returns how many octets stood between the quotes; -1: there are none. */
static ssize_t read_quoted(struct text *text, char *ret_octets)
{
	size_t used = 0;

	if (!read_text(text, "\""))
		return -1;
	while (text->at < text->end && *text->at != '"') {
		int octet = (unsigned char)*text->at++;

		if (octet == '\\')
			octet = read_escaped(text);
		if (octet < 0)
			return -1;
		ret_octets[used++] = (char)octet;
	}
	return read_text(text, "\"") ? (ssize_t)used : -1;
}

static bool read_octets(struct text *text, struct log_octets due)
{
	static char octets[LINE_BYTES_MAX];
	ssize_t n;

	if (!due.octets)
		return read_text(text, "\"-\"");
	n = read_quoted(text, octets);
	return n == (ssize_t)due.bytes &&
	       memcmp(octets, due.octets, due.bytes) == 0;
}

/* As an address is compared, by its octets. */
static bool read_host(struct text *text, const struct peer *peer)
{
	char word[INET6_ADDRSTRLEN] = "";
	uint8_t address[16] = {0};
	size_t bytes = 0;

	if (peer->family == AF_UNIX)
		return read_text(text, "unix");
	while (bytes < sizeof(word) - 1 && text->at < text->end &&
	       memchr("0123456789abcdef.:", *text->at, 18) &&
	       (peer->family == AF_INET6 || *text->at != ':'))
		word[bytes++] = *text->at++;
	return inet_pton(peer->family, word, address) == 1 &&
	       memcmp(address, peer->address,
		      peer->family == AF_INET ? 4 : 16) == 0;
}

static bool read_time(struct text *text, time_t due)
{
	char word[sizeof("[22/Nov/2026:19:51:00 +0000]")] = "";
	struct tm tm = {0};
	const char *end;
	long offset;

	if ((size_t)(text->end - text->at) < sizeof(word) - 1)
		return false;
	memcpy(word, text->at, sizeof(word) - 1);
	end = strptime(word, "[%d/%b/%Y:%H:%M:%S %z]", &tm);
	if (!end)
		return false;
	text->at += end - word;
	offset = tm.tm_gmtoff;
	return timegm(&tm) - offset == due;
}

static struct log_octets name_of(const struct log_entry *answer)
{
	return (struct log_octets){
		.octets = answer->fd_name,
		.bytes = strnlen(answer->fd_name, FD_NAME_BYTES_MAX)};
}

static bool is_answer(const struct entry *entry, struct text text)
{
	const struct log_entry *answer = &entry->answer;
	bool is_empty = answer->content_bytes == 0;

	return read_host(&text, &entry->peer) && read_text(&text, " - - ") &&
	       read_time(&text, answer->time) && read_text(&text, " ") &&
	       read_octets(&text, answer->line) && read_text(&text, " ") &&
	       read_number(&text, answer->status) && read_text(&text, " ") &&
	       (is_empty ? read_text(&text, "-")
			 : read_number(&text, answer->content_bytes)) &&
	       read_text(&text, " ") && read_octets(&text, answer->referer) &&
	       read_text(&text, " ") &&
	       read_octets(&text, answer->user_agent) &&
	       (!answer->fd_name || (read_text(&text, " ") &&
				     read_octets(&text, name_of(answer)))) &&
	       text.at == text.end;
}

static bool read_chunk_head(struct text *text, const struct peer *peer)
{
	if (peer->family == AF_UNIX)
		return read_text(text, "unix ");
	return (peer->family == AF_INET || read_text(text, "[")) &&
	       read_host(text, peer) &&
	       read_text(text, peer->family == AF_INET ? ":" : "]:") &&
	       read_number(text, peer->port) && read_text(text, " ");
}

static bool is_chunk(const struct entry *entry, struct text text)
{
	struct log_octets octets = entry->octets;

	if (!octets.octets)
		octets.octets = "";
	return read_chunk_head(&text, &entry->peer) &&
	       read_octets(&text, octets) && text.at == text.end;
}

/* Every control character is escaped, and nothing else is. */
static bool is_message(const struct entry *entry, struct text text)
{
	const char *due = entry->octets.octets ? entry->octets.octets : "";
	const char *end =
		due + strnlen(due, sizeof(struct message){0}.text - 1);

	if (errors_is_journal ? !read_text(&text, "<") ||
					!read_number(&text, entry->level) ||
					!read_text(&text, ">")
			      : entry->level < LOG_INFO &&
					!read_text(&text, "hello-http: "))
		return false;
	for (; due < end && text.at < text.end; due++) {
		bool is_control = (uint8_t)*due < ' ' || *due == 0x7f;

		if (*text.at++ != (is_control ? '\\' : *due))
			return false;
		if (is_control && read_escaped(&text) != *due)
			return false;
	}
	return due == end && text.at == text.end;
}

/* --- What was written ---------------------------------------------------- */

static bool is_line_of(const struct entry *entry, struct text line)
{
	switch (entry->kind) {
	case KIND_ANSWER:
		return is_answer(entry, line);
	case KIND_CHUNK:
		return is_chunk(entry, line);
	case KIND_MESSAGE:
		return is_message(entry, line);
	default:
		return false;
	}
}

static bool is_in(const struct capture *capture, const struct entry *entry)
{
	if (entry->kind == KIND_MESSAGE)
		return capture == &messages;
	return entry->kind != KIND_FLUSH && capture == &written &&
	       !makes_entries;
}

/* The next entry from *at on that the line is of, where some may be lost. */
static bool find_entry(const struct capture *capture, struct text line,
		       size_t *at)
{
	for (size_t i = *at; i < n_logged; i++) {
		if (!is_in(capture, &logged[i]))
			continue;
		if (is_line_of(&logged[i], line)) {
			*at = i + 1;
			return true;
		}
		if (takes_all || capture == &messages)
			return false;
	}
	return false;
}

/* It is said once, on standard error, when lines are lost. */
static bool is_of_loss(struct text line)
{
	return memmem(line.at, (size_t)(line.end - line.at),
		      "Failed to write the request log: ", 33);
}

static void check_octets(const struct capture *capture, struct text line)
{
	for (const char *at = line.at; at < line.end; at++)
		CHECK((*at >= ' ' && *at <= '~') ||
			      (capture == &messages && (uint8_t)*at >= 0x80),
		      "octet %#x", (uint8_t)*at);
}

static void check_lines(const struct capture *capture, bool may_be_lost)
{
	struct text line = {.at = capture->octets, .end = capture->octets};
	const char *end = capture->octets + capture->used;
	size_t at = 0;

	for (; line.at < end; line.at = line.end + 1) {
		line.end = memchr(line.at, '\n', (size_t)(end - line.at));
		CHECK(line.end, "a line is cut: %.*s", (int)(end - line.at),
		      line.at);
		check_octets(capture, line);
		CHECK(find_entry(capture, line, &at) ||
			      (may_be_lost && is_of_loss(line)),
		      "a line that is of no entry: %.*s",
		      (int)(line.end - line.at), line.at);
	}
	for (; at < n_logged && (!may_be_lost || capture == &messages); at++)
		CHECK(!is_in(capture, &logged[at]), "entry %zu is lost", at);
}

/* --- What the journal gets ----------------------------------------------- */

static struct text next_part(struct text *text)
{
	struct text part;
	uint32_t bytes;

	CHECK(text->end - text->at >= 4, "%td", text->end - text->at);
	memcpy(&bytes, text->at, sizeof(bytes));
	part.at = text->at + sizeof(bytes);
	CHECK(bytes <= (size_t)(text->end - part.at), "%u", bytes);
	part.end = text->at = part.at + bytes;
	return part;
}

/* Takes the field out of the journal's entry.  due NULL: it is not there. */
static void check_field(struct text *fields, const char *name,
			struct log_octets due)
{
	struct text field;

	if (!due.octets)
		return;
	field = next_part(fields);
	CHECK(read_text(&field, name), "%s is not there", name);
	CHECK((size_t)(field.end - field.at) == due.bytes &&
		      memcmp(field.at, due.octets, due.bytes) == 0,
	      "%s%.*s", name, (int)(field.end - field.at), field.at);
}

static void check_number(struct text *fields, const char *name, uintmax_t due)
{
	char digits[24];
	int bytes = snprintf(digits, sizeof(digits), "%ju", due);

	check_field(
		fields, name,
		(struct log_octets){.octets = digits, .bytes = (size_t)bytes});
}

static void check_peer(struct text *fields, const struct peer *peer)
{
	struct text field = next_part(fields);

	CHECK(read_text(&field, "REMOTE_ADDR=") && read_host(&field, peer) &&
		      field.at == field.end,
	      "another address");
	if (peer->family != AF_UNIX)
		check_number(fields, "REMOTE_PORT=", peer->port);
}

/* Of three words with one space between each two. */
static void check_words(struct text *fields, struct log_octets line)
{
	static const char *const names[] = {
		"REQUEST_METHOD=", "REQUEST_TARGET=", "SERVER_PROTOCOL="};
	struct log_octets words[3] = {{.octets = line.octets}};
	size_t n = 0;

	for (size_t i = 0; i < line.bytes; i++) {
		if (line.octets[i] != ' ')
			words[n].bytes++;
		else if (words[n].bytes == 0 || ++n == 3)
			return;
		else
			words[n].octets = line.octets + i + 1;
	}
	if (n < 2 || words[2].bytes == 0)
		return;
	for (n = 0; n < 3; n++)
		check_field(fields, names[n], words[n]);
}

static struct text check_text(struct text *fields)
{
	struct text text = next_part(fields);

	CHECK((size_t)(text.end - text.at) <= JOURNAL_TEXT_BYTES_MAX,
	      "%td octets", text.end - text.at);
	CHECK(read_text(&text, "MESSAGE="), "it is not there");
	check_octets(&queued, text);
	return text;
}

/* What a line would be must have been logged as one, too. */
static void check_answer_entry(struct text fields, const struct entry *entry)
{
	const struct log_entry *answer = &entry->answer;
	struct log_lines line = lines;
	struct text text = check_text(&fields);
	size_t bytes = (size_t)(text.end - text.at);

	put_answer(&line, answer);
	CHECK(is_answer(entry,
			(struct text){line.octets, line.octets + line.used}),
	      "%.*s", (int)line.used, line.octets);
	CHECK(line.used >= bytes && memcmp(line.octets, text.at, bytes) == 0,
	      "%.*s", (int)bytes, text.at);
	CHECK(line.used == bytes || bytes > JOURNAL_TEXT_BYTES_MAX - 64,
	      "cut at %zu", bytes);
	check_peer(&fields, &entry->peer);
	check_words(&fields, answer->line);
	check_number(&fields, "STATUS=", answer->status);
	check_number(&fields, "CONTENT_BYTES=", answer->content_bytes);
	check_field(&fields, "HTTP_REFERER=", answer->referer);
	check_field(&fields, "HTTP_USER_AGENT=", answer->user_agent);
	if (answer->fd_name)
		check_field(&fields, "FDNAME=", name_of(answer));
	CHECK(fields.at == fields.end, "one field too many");
}

/* Returns how many octets of the chunk this entry has. */
static size_t check_chunk_entry(struct text fields, const struct entry *entry,
				size_t from)
{
	static char octets[JOURNAL_TEXT_BYTES_MAX];
	struct text text = check_text(&fields);
	ssize_t n;

	CHECK(read_chunk_head(&text, &entry->peer), "another client");
	n = read_quoted(&text, octets);
	CHECK(n > 0 && text.at == text.end, "cut");
	CHECK((size_t)n <= entry->octets.bytes - from &&
		      memcmp(octets, entry->octets.octets + from, (size_t)n) ==
			      0,
	      "other octets");
	check_peer(&fields, &entry->peer);
	CHECK(fields.at == fields.end, "one field too many");
	return (size_t)n;
}

static struct text next_journal_entry(struct text *all)
{
	struct text entry = next_part(all), fields = entry;
	int n = 0;

	CHECK((size_t)(entry.end - entry.at) <= JOURNAL_ENTRY_BYTES_MAX,
	      "%td octets", entry.end - entry.at);
	for (; fields.at < fields.end; n++)
		next_part(&fields);
	CHECK(n <= JOURNAL_FIELDS_MAX, "%d fields", n);
	return entry;
}

static void check_queued(void)
{
	struct text all = {queued.octets, queued.octets + queued.used};
	size_t done;

	for (size_t i = 0; i < n_logged; i++) {
		const struct entry *entry = &logged[i];

		if (entry->kind == KIND_ANSWER)
			check_answer_entry(next_journal_entry(&all), entry);
		if (entry->kind != KIND_CHUNK)
			continue;
		for (done = 0; done < entry->octets.bytes;)
			done += check_chunk_entry(next_journal_entry(&all),
						  entry, done);
	}
	CHECK(all.at == all.end, "one entry too many");
}

/* --- One run ------------------------------------------------------------- */

static void open_outputs(struct input *input)
{
	uint8_t how = take(input);

	written.used = messages.used = queued.used = 0;
	makes_entries = how & 1;
	errors_is_journal = how & 2;
	takes_all = makes_entries || (how & 4);
	journal_end = makes_entries && (how & 8) ? -ETIMEDOUT : 0;
	for (int i = 0; i < 3; i++)
		taken[i] = take(input);
	if (!lines.octets && log_lines_init(&lines) < 0)
		exit(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t bytes)
{
	struct input input = {.at = octets, .left = bytes};
	bool may_be_lost;

	open_outputs(&input);
	may_be_lost = !takes_all || journal_end < 0;
	for (n_logged = 0; n_logged < ENTRIES_MAX && input.left > 0;) {
		make_entry(&input, &logged[n_logged]);
		log_one(&logged[n_logged++]);
	}
	log_flush(&lines);
	/* What is left of a line that was cut. */
	if (may_be_lost)
		memset(taken, 255, sizeof(taken));
	log_close();
	check_lines(&written, may_be_lost);
	check_lines(&messages, may_be_lost);
	if (makes_entries)
		check_queued();
	return 0;
}
