#pragma once
#include <curl/curl.h>

// libcurl's option calls are variadic, which Swift cannot import: one typed function per kind of argument.

CURLcode vf_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode vf_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
// Strings and structs: libcurl copies strings, and keeps pointers to everything else.
CURLcode vf_curl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode vf_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode vf_curl_set_data_callback(CURL *handle, CURLoption option, curl_write_callback callback);
CURLcode vf_curl_set_seek_callback(CURL *handle, curl_seek_callback callback);
CURLcode vf_curl_set_progress_callback(CURL *handle, curl_xferinfo_callback callback);
// Refuses every scheme but http and https.
CURLcode vf_curl_only_http(CURL *handle);
// The next transfer of a multi handle that is over, with its result; NULL when there is none.
CURL *vf_curl_finished(CURLM *multi, CURLcode *result);
CURLMcode vf_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
// errno of the last failed connection; 0 when there is none.
long vf_curl_os_errno(CURL *handle);
