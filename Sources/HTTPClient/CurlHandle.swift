import CCurlShims
import FleetRuntime
import Glibc

private let globalCode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

/// One easy handle of libcurl with what belongs to it. Used by one thread.
final class CurlHandle {
    let easy: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    init() {
        guard globalCode == CURLE_OK, let easy = curl_easy_init() else {
            preconditionFailure("libcurl cannot start: \(String(cString: curl_easy_strerror(globalCode)))")
        }
        self.easy = easy
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        errorBuffer.deallocate()
    }

    /// What libcurl says of the last failure. Over a Unix socket it speaks of a port that nobody named.
    func errorText(_ code: CURLcode, of request: HTTPRequest) -> String {
        let number = Int32(truncatingIfNeeded: vf_curl_os_errno(easy))
        if let path = request.unixSocket, code == CURLE_COULDNT_CONNECT, number != 0 {
            return "cannot connect to \(path): \(String(cString: strerror(number)))"
        }
        return String(cString: errorBuffer)
    }

    /// Sets all options anew; connections of earlier transfers stay open for use.
    /// - Parameter transfer: must live until it is over.
    func prepare(_ transfer: Transfer, certificateAuthority: String?) throws(HTTPError) {
        curl_easy_reset(easy)
        curl_slist_free_all(headers)
        headers = nil
        errorBuffer[0] = 0
        let request = transfer.request
        for (name, value) in request.headers {
            // libcurl sends an empty value only when the field ends in a semicolon.
            headers = curl_slist_append(headers, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }

        var refused = CURLE_OK
        func set(_ code: CURLcode) { if refused == CURLE_OK { refused = code } }
        set(vf_curl_only_http(easy))
        set(vf_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer))
        set(vf_curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        set(vf_curl_set_string(easy, CURLOPT_URL, request.url))
        set(vf_curl_set_string(easy, CURLOPT_USERAGENT, "virtfleet"))
        set(vf_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers))
        set(vf_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout.seconds * 1000)))
        set(vf_curl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1))
        set(vf_curl_set_long(easy, CURLOPT_LOW_SPEED_TIME, Int(request.stallTimeout.seconds)))
        if let path = request.unixSocket {
            set(vf_curl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, path))
            set(vf_curl_set_string(easy, CURLOPT_PROXY, ""))
        }
        if let certificateAuthority { set(vf_curl_set_string(easy, CURLOPT_CAINFO, certificateAuthority)) }

        if let length = transfer.bodyLength {
            set(vf_curl_set_long(easy, CURLOPT_UPLOAD, 1))
            set(vf_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(clamping: length)))
        }
        set(vf_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue))

        let context = Unmanaged.passUnretained(transfer).toOpaque()
        set(vf_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
        set(vf_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        set(vf_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody))
        set(vf_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        set(vf_curl_set_data_callback(easy, CURLOPT_READFUNCTION, provideBody))
        set(vf_curl_set_pointer(easy, CURLOPT_READDATA, context))
        set(vf_curl_set_seek_callback(easy, seekBody))
        set(vf_curl_set_pointer(easy, CURLOPT_SEEKDATA, context))
        set(vf_curl_set_progress_callback(easy, observeProgress))
        set(vf_curl_set_pointer(easy, CURLOPT_XFERINFODATA, context))
        set(vf_curl_set_long(easy, CURLOPT_NOPROGRESS, 0))
        guard refused == CURLE_OK else {
            throw HTTPError(refused, request.summary, detail: String(cString: errorBuffer))
        }
    }
}

// Called by libcurl inside curl_multi_perform(3), on the thread of the handle.

private let receiveHeader: curl_write_callback = { bytes, size, count, context in
    transfer(context).receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    transfer(context).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private let provideBody: curl_write_callback = { bytes, size, count, context in
    transfer(context).provideBody(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        ?? Int(CURL_READFUNC_ABORT)
}

private let seekBody: curl_seek_callback = { context, offset, origin in
    transfer(context).seekBody(to: UInt64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

private let observeProgress: curl_xferinfo_callback = { context, _, _, _, sent in
    transfer(context).observe(sent: UInt64(clamping: sent)) ? 0 : 1
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
    // Set by `prepare` for every callback; never nil.
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
}
