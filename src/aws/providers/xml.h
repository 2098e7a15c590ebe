/* SPDX-License-Identifier: MIT */
/* Texts in a small XML document, found in place. */
#ifndef CR_AWS_PROVIDERS_XML_H
#define CR_AWS_PROVIDERS_XML_H

#include "base/str.h"

/* Finds the element of a path such as "Answer/Result/Key" that has text and no elements in it, and
 * writes its text, with a NUL behind it, into `text`. The first counts. The whole document must be
 * well-formed: elements that are closed in order, attributes (which are not looked at), comments,
 * one declaration, the five named entities and numbered ones; CDATA and document types are
 * refused, and a prefix is part of a name. Returns the text's size; -1: it is not there, does not
 * fit, or the document is not well-formed. */
ptrdiff_t cr_xml_find(cr_str document, const char *path, char *text, size_t size);

#endif
