extension VMCollector {
    static let block = VMCollector(name: "block") { input, samples in
        for index in 0..<input.count("block.count") {
            let disk = "block.\(index)"
            guard let device = input.text("\(disk).name") else { continue }
            samples.add(.vmBlockReadBytes, input.number("\(disk).rd.bytes"), device)
            samples.add(.vmBlockReadRequests, input.number("\(disk).rd.reqs"), device)
            samples.add(.vmBlockReadSeconds, input.seconds(nanoseconds: "\(disk).rd.times"), device)
            samples.add(.vmBlockWrittenBytes, input.number("\(disk).wr.bytes"), device)
            samples.add(.vmBlockWriteRequests, input.number("\(disk).wr.reqs"), device)
            samples.add(.vmBlockWriteSeconds, input.seconds(nanoseconds: "\(disk).wr.times"), device)
            samples.add(.vmBlockFlushRequests, input.number("\(disk).fl.reqs"), device)
            samples.add(.vmBlockFlushSeconds, input.seconds(nanoseconds: "\(disk).fl.times"), device)
            samples.add(.vmBlockAllocation, input.number("\(disk).allocation"), device)
            samples.add(.vmBlockCapacity, input.number("\(disk).capacity"), device)
            samples.add(.vmBlockPhysical, input.number("\(disk).physical"), device)
            samples.add(
                .vmBlockUsed, input.text("\(disk).path").flatMap { input.files.usedBytes(of: $0) }.map { Double($0) },
                device)
        }
    }
}
