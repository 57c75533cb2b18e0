#pragma once
// Missing from Swift's Glibc module.
#include <sys/epoll.h>
