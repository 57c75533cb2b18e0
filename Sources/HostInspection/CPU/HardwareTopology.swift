import CHWLocShims
import FleetModel

/// What hwloc knows of caches, NUMA nodes and kinds of cores below a root. nil where the tree tells nothing of
/// processors: there hwloc would describe the machine that it runs on.
struct HardwareTopology {
    let caches: [CPUDocument.Cache]
    let nodes: [CPUDocument.Node]
    let kinds: [CPUDocument.CoreKind]

    init?(_ root: HostRoot) {
        guard root.holdsTopology, let topology = vf_hwloc_load(root.path) else { return nil }
        defer { hwloc_topology_destroy(topology) }
        caches = Self.caches(topology)
        nodes = Self.nodes(topology)
        kinds = Self.kinds(topology)
    }

    private static let cacheTypes = [
        HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,
        HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
    ]

    private static func caches(_ topology: hwloc_topology_t) -> [CPUDocument.Cache] {
        cacheTypes.flatMap { type in
            objects(topology, type).map { object in
                let cache = object.attr.pointee.cache
                let kind: CPUDocument.Cache.Kind =
                    switch cache.type {
                    case HWLOC_OBJ_CACHE_DATA: .data
                    case HWLOC_OBJ_CACHE_INSTRUCTION: .instruction
                    default: .unified
                    }
                return CPUDocument.Cache(
                    level: Int(cache.depth), kind: kind, sizeBytes: cache.size, threads: numbers(object.cpuset))
            }
        }
    }

    private static func nodes(_ topology: hwloc_topology_t) -> [CPUDocument.Node] {
        let objects = objects(topology, HWLOC_OBJ_NUMANODE)
        let distances = distances(topology, count: objects.count)
        return objects.enumerated().map { index, object in
            let memory = object.attr.pointee.numanode.local_memory
            return CPUDocument.Node(
                id: Int(object.os_index), threads: numbers(object.cpuset), memoryBytes: memory > 0 ? memory : nil,
                distances: distances.indices.contains(index) ? distances[index] : [])
        }
    }

    /// A row for each node; none when the firmware tells none.
    private static func distances(_ topology: hwloc_topology_t, count: Int) -> [[Int]] {
        var matrix: UnsafeMutablePointer<hwloc_distances_s>?
        var found: UInt32 = 1
        guard
            hwloc_distances_get_by_type(
                topology, HWLOC_OBJ_NUMANODE, &found, &matrix, UInt(HWLOC_DISTANCES_KIND_MEANS_LATENCY.rawValue), 0)
                == 0,
            found > 0, let matrix
        else { return [] }
        defer { hwloc_distances_release(topology, matrix) }
        guard Int(matrix.pointee.nbobjs) == count, let values = matrix.pointee.values else { return [] }
        return (0..<count).map { row in (0..<count).map { Int(clamping: values[row * count + $0]) } }
    }

    private static func kinds(_ topology: hwloc_topology_t) -> [CPUDocument.CoreKind] {
        let count = hwloc_cpukinds_get_nr(topology, 0)
        guard count > 1, let set = hwloc_bitmap_alloc() else { return [] }
        defer { hwloc_bitmap_free(set) }
        let kinds = (0..<UInt32(count)).map { index -> (type: String?, frequency: Int?, threads: [Int]) in
            var infoCount: UInt32 = 0
            var infos: UnsafeMutablePointer<hwloc_info_s>?
            guard hwloc_cpukinds_get_info(topology, index, set, nil, &infoCount, &infos, 0) == 0 else {
                return (nil, nil, [])
            }
            func info(_ name: String) -> String? {
                UnsafeBufferPointer(start: infos, count: infos == nil ? 0 : Int(infoCount))
                    .first { String(cString: $0.name) == name }.map { String(cString: $0.value) }
            }
            return (info("CoreType"), info("FrequencyMaxMHz").flatMap { Int($0) }, numbers(set))
        }
        return CoreKinds.named(kinds)
    }

    private static func objects(_ topology: hwloc_topology_t, _ type: hwloc_obj_type_t) -> [hwloc_obj] {
        let depth = hwloc_get_type_depth(topology, type)
        // Negative depths stand for levels beside the tree, such as NUMA nodes, and for none.
        let count = hwloc_get_nbobjs_by_depth(topology, depth)
        return (0..<count).compactMap { hwloc_get_obj_by_depth(topology, depth, $0)?.pointee }
    }

    private static func numbers(_ set: hwloc_bitmap_t?) -> [Int] {
        guard let set, hwloc_bitmap_weight(set) > 0 else { return [] }
        var numbers: [Int] = []
        var number = hwloc_bitmap_first(set)
        while number >= 0 {
            numbers.append(Int(number))
            number = hwloc_bitmap_next(set, number)
        }
        return numbers
    }
}
