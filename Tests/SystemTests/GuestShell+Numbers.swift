import FleetTestSupport
import Subprocess
import Testing

/// What a guest writes to find it again.
extension GuestShell {
    /// Sets `disk`: the kernel looks at disks side by side, so that any of them may be sda.
    static func find(isData: Bool) -> String {
        """
        for name in /sys/block/sd*; do \
        [ $(cat $name/size) \(isData ? "=" : "!=") 2097152 ] || continue; disk=/dev/${name##*/}; done

        """
    }

    /// The guest writes a number to a place of its disk that nothing else uses.
    /// - Parameter isData: to its data disk, which has 1 GiB.
    func write(_ number: Int, isData: Bool = false) async throws {
        _ = try await output(
            Self.find(isData: isData) + "printf %04d \(number) | dd of=$disk bs=512 seek=40960 conv=notrunc,fsync")
    }

    /// The number, from the disk itself.
    func read(isData: Bool = false) async throws -> Int? {
        let text = try await output(
            Self.find(isData: isData)
                + "echo 3 >/proc/sys/vm/drop_caches; dd if=$disk bs=512 skip=40960 count=1 | head -c 4")
        return Int(text)
    }

    /// Mounts the data disk on /data.
    /// - Parameter isNew: makes a file system on it first.
    func mountDataDisk(isNew: Bool = true) async throws {
        _ = try await output(
            Self.find(isData: true) + (isNew ? "mke2fs -F $disk && " : "") + "mount -t ext4 $disk /data")
    }

    func untilItAnswers() async throws {
        let answers = try await eventually(within: .seconds(150)) { (try? await output("true")) != nil }
        #expect(answers)
    }
}

extension GuestImage {
    /// Puts a number into a copy of the image, where its guest would write one to its disk.
    /// - Parameter number: of four equal digits.
    static func write(_ number: Int, to file: String) async throws {
        let digit = UInt8(ascii: "0") + UInt8(number % 10)
        _ = try await Subprocess.run("qemu-io", ["-c", "write -P \(digit) \(40960 * 512) 512", file]).successful()
    }
}
