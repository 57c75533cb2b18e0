#pragma once
// Debian's libxml2 pulls in ICU's headers, which clash with those inside Foundation in one compilation. They only
// matter to xmlCharEncodingHandler, which nothing here touches.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
