/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the parser promises its caller whatever the octets are is looked at
 * here, after each call: that what it says it has used was there, and that
 * what it points at for the log lies within the octets it was lent.
 */
#include "reader.h"

#include <stdio.h>

static const char *lend(const struct reader *r, const char *octets,
			size_t bytes)
{
	return r->lend ? r->lend(octets, bytes) : octets;
}

static void read_head(struct reader *r, const char *octets, size_t given)
{
	r->verdict = request_parse(&r->request, lend(r, octets, given), given);
	if (r->verdict != REQUEST_COMPLETE)
		return;
	r->head = r->request;
	r->used = r->head.head_bytes;
	if (r->used == 0 || r->used > given)
		r->fault = "a head of more octets than were there";
}

static void read_content(struct reader *r, const char *octets, size_t given)
{
	size_t bytes = given - r->used;
	size_t used = SIZE_MAX;

	r->verdict = request_read_content(&r->request,
					  lend(r, octets + r->used, bytes),
					  bytes, r->max_bytes, &used);
	if (r->verdict == REQUEST_REFUSED)
		return;
	if (used > bytes || (r->verdict == REQUEST_INCOMPLETE && used != bytes))
		r->fault = "content of other octets than were there";
	r->used += used;
}

static bool is_within(const struct request_slice *slice, size_t given)
{
	return (size_t)slice->at + slice->bytes <= given;
}

void reader_give(struct reader *r, const char *octets, size_t given)
{
	if (r->verdict != REQUEST_INCOMPLETE || r->fault)
		return;
	if (r->head.head_bytes == 0)
		read_head(r, octets, given);
	if (r->head.head_bytes > 0 && r->verdict != REQUEST_REFUSED &&
	    !r->fault)
		read_content(r, octets, given);
	if (r->verdict != REQUEST_INCOMPLETE &&
	    (!is_within(&r->request.line, given) ||
	     !is_within(&r->request.referer, given) ||
	     !is_within(&r->request.user_agent, given)))
		r->fault = "a slice of other octets than were there";
}

static unsigned facts_of(const struct request *request)
{
	return (request->keep_alive ? 0u : CLOSES) |
	       (request->is_http_1_0 ? HTTP_1_0 : 0u) |
	       (request->is_asterisk ? ASTERISK : 0u) |
	       (request->expects_continue ? CONTINUES : 0u) |
	       (request->expects_other ? EXPECTS_OTHER : 0u);
}

struct outcome reader_outcome(const struct reader *r)
{
	const struct request *head = &r->head;
	struct outcome o = {.verdict = r->verdict,
			    .has_begun = r->request.has_begun,
			    .head_bytes = head->head_bytes};

	if (r->verdict == REQUEST_INCOMPLETE)
		return o;
	o.method = (enum request_method)r->request.method;
	if (r->verdict == REQUEST_REFUSED) {
		o.status = r->request.refusal;
		return o;
	}
	o.used = r->used;
	o.framing = (enum request_framing)head->framing;
	o.facts = facts_of(head);
	o.line = head->line;
	o.referer = head->referer;
	o.user_agent = head->user_agent;
	return o;
}

static bool is_same_slice(const struct request_slice *a,
			  const struct request_slice *b)
{
	/* Where nothing is, its place does not matter. */
	return a->bytes == b->bytes && (a->at == b->at || a->bytes == 0);
}

bool outcome_is_same(const struct outcome *a, const struct outcome *b)
{
	return a->verdict == b->verdict && a->status == b->status &&
	       a->has_begun == b->has_begun && a->method == b->method &&
	       a->head_bytes == b->head_bytes && a->used == b->used &&
	       a->framing == b->framing && a->facts == b->facts &&
	       is_same_slice(&a->line, &b->line) &&
	       is_same_slice(&a->referer, &b->referer) &&
	       is_same_slice(&a->user_agent, &b->user_agent);
}

const char *outcome_describe(const struct outcome *o, char text[240])
{
	static const char *const methods[] = {
		"UNKNOWN", "GET",    "HEAD",	"POST",	 "PUT",
		"PATCH",   "DELETE", "OPTIONS", "TRACE", "CONNECT"};
	static const char *const framings[] = {"no content", "a length",
					       "chunks"};

	if (o->verdict == REQUEST_INCOMPLETE)
		(void)snprintf(text, 240, "incomplete%s (head %zu)",
			       o->has_begun ? "" : ", not begun",
			       o->head_bytes);
	else if (o->verdict == REQUEST_REFUSED)
		(void)snprintf(text, 240, "%s refused with %u (head %zu)",
			       methods[o->method], o->status, o->head_bytes);
	else
		(void)snprintf(
			text, 240,
			"%s%s%s%s%s%s, %s, %zu (head %zu; slices at %u+%u "
			"%u+%u %u+%u)",
			methods[o->method], o->facts & HTTP_1_0 ? " 1.0" : "",
			o->facts & CLOSES ? " close" : " keep-alive",
			o->facts & ASTERISK ? " *" : "",
			o->facts & CONTINUES ? " 100-continue" : "",
			o->facts & EXPECTS_OTHER ? " 417" : "",
			framings[o->framing], o->used, o->head_bytes,
			o->line.at, o->line.bytes, o->referer.at,
			o->referer.bytes, o->user_agent.at,
			o->user_agent.bytes);
	return text;
}

const char *octets_escape(const char *octets, size_t bytes,
			  char text[OCTETS_TEXT_BYTES])
{
	size_t used = 0;

	if (bytes > 90)
		used += (size_t)sprintf(text, "...");
	for (size_t i = bytes > 90 ? bytes - 90 : 0; i < bytes; i++) {
		unsigned char octet = (unsigned char)octets[i];

		if (octet == '\r')
			used += (size_t)sprintf(text + used, "\\r");
		else if (octet == '\n')
			used += (size_t)sprintf(text + used, "\\n");
		else if (octet < 0x20 || octet > 0x7e)
			used += (size_t)sprintf(text + used, "\\x%02x", octet);
		else
			text[used++] = (char)octet;
	}
	text[used] = '\0';
	return text;
}
