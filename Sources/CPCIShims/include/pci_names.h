#pragma once
#include <stddef.h>
#include <stdint.h>

/// The names of a PCI ID database. libpci's look-up is variadic, and its error callback may not return; neither can be
/// said in Swift.
typedef struct pci_access vf_pci_names;

/// Reads the text of a database; keeps what stands before a malformed line. NULL when there is no memory.
vf_pci_names *vf_pci_names_read(const void *text, size_t size);

/// A vendor's name in `buffer`, or NULL when the database has none.
const char *vf_pci_vendor_name(vf_pci_names *names, uint16_t vendor, char *buffer, size_t size);

/// A device's name in `buffer`, or NULL when the database has none.
const char *vf_pci_device_name(vf_pci_names *names, uint16_t vendor, uint16_t device, char *buffer, size_t size);

void vf_pci_names_free(vf_pci_names *names);
