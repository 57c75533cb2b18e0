#pragma once
#include <pci/pci.h>
