#define _GNU_SOURCE
#include "pci_names.h"
#include <pci/pci.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Thread_local jmp_buf *escape;

/// libpci's own would end the process.
static __attribute__((noreturn)) void on_error(char *message, ...) {
    (void)message;
    if (escape) longjmp(*escape, 1);
    abort();
}

static void on_message(char *message, ...) { (void)message; }

/// Neither the network, nor the cache in the user's home, nor udev's database: the file and nothing else.
static const int file_only = PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;

/// A file of the text, for a library that reads nothing else.
static int memory_file(const void *text, size_t size) {
    int descriptor = memfd_create("pci.ids", MFD_CLOEXEC);
    if (descriptor < 0) return -1;
    if (write(descriptor, text, size) == (ssize_t)size) return descriptor;
    close(descriptor);
    return -1;
}

vf_pci_names *vf_pci_names_read(const void *text, size_t size) {
    int descriptor = memory_file(text, size);
    if (descriptor < 0) return NULL;
    struct pci_access *names = pci_alloc();
    if (names) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        names->error = on_error;
        names->warning = on_message;
        names->debug = on_message;
        names->id_lookup_mode = 0;
        pci_set_name_list_path(names, path, 0);
        jmp_buf here;
        escape = &here;
        if (!setjmp(here)) pci_load_name_list(names);
        escape = NULL;
        // `path` ends here; and nothing is read again.
        names->id_file_name = NULL;
        names->id_load_failed = 1;
    }
    close(descriptor);
    return names;
}

const char *vf_pci_vendor_name(vf_pci_names *names, uint16_t vendor, char *buffer, size_t size) {
    return pci_lookup_name(names, buffer, (int)size, PCI_LOOKUP_VENDOR | file_only, vendor);
}

const char *vf_pci_device_name(vf_pci_names *names, uint16_t vendor, uint16_t device, char *buffer, size_t size) {
    return pci_lookup_name(names, buffer, (int)size, PCI_LOOKUP_DEVICE | file_only, vendor, device);
}

void vf_pci_names_free(vf_pci_names *names) { pci_cleanup(names); }
