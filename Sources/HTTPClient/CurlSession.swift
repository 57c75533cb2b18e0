import CCurlShims

/// The libcurl handles of one worker. A multi handle drives the single transfer, because only its wait can be woken.
/// Used by the worker's thread alone, but for `wake`.
final class CurlSession: @unchecked Sendable {
    let handle = CurlHandle()
    private let multi: UnsafeMutableRawPointer

    init() {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.multi = multi
    }

    deinit { curl_multi_cleanup(multi) }

    /// From any thread (curl_multi_wakeup(3)).
    func wake() { curl_multi_wakeup(multi) }

    /// What was prepared.
    func perform(_ cancellation: Cancellation) -> CURLcode {
        guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else { return CURLE_FAILED_INIT }
        defer { curl_multi_remove_handle(multi, handle.easy) }
        while !cancellation.isCancelled {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            var code = CURL_LAST
            if vf_curl_finished(multi, &code) != nil { return code }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
        return CURLE_ABORTED_BY_CALLBACK
    }
}
